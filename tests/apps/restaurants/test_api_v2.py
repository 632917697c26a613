"""The REST API of restaurants, version 2."""

from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

AJANTA = {
    "name": "Ajanta",
    "address": {"street1": "1 Main Street", "street2": "", "city": "Oakland", "state": "CA", "zip": "94611"},
    "menu": {"menuItems": [{"id": "1", "name": "Naan", "price": "0.50"}]},
}
MENU = {"menuItems": [{"id": "2", "name": "Roti", "price": "0.60"}]}


@pytest.fixture
def created(client: Client) -> Any:
    """The answer to a restaurant that joins."""
    return client.post("/restaurants/v2/restaurants", AJANTA, content_type="application/json")


def replace(client: Client, address: str, **headers: str) -> Any:
    return client.put(f"{address}/menu", MENU, content_type="application/json", headers=headers)


def test_a_restaurant_is_created_and_shown(client: Client, created: Any) -> None:
    address = created["Location"]
    shown = client.get(address)

    assert created.status_code == 201
    assert created.json() == shown.json()
    assert created["ETag"] == shown["ETag"]
    assert shown.json() == {
        **AJANTA,
        "id": shown.json()["id"],
        "_links": {
            "self": {"href": address, "method": "GET"},
            "revise-menu": {"href": f"{address}/menu", "method": "PUT"},
        },
    }


def test_a_menu_is_replaced_once_by_who_knows_it(client: Client, created: Any) -> None:
    address, seen = created["Location"], {"if-match": created["ETag"]}

    replaced, again = replace(client, address, **seen), replace(client, address, **seen)

    assert (replaced.status_code, replaced.json()["menu"]) == (200, MENU)
    assert replaced["ETag"] == client.get(address)["ETag"]
    assert again.status_code == 412


def test_a_menu_is_not_replaced_blindly(client: Client, created: Any) -> None:
    assert replace(client, created["Location"]).status_code == 428


def test_the_menu_of_nobody_is_404(client: Client) -> None:
    assert replace(client, "/restaurants/v2/restaurants/7", **{"if-match": "*"}).status_code == 404
