"""The REST API of restaurants, version 1."""

import json
from typing import Any

import pytest
from django.test import Client

from apps.restaurants import usecases
from apps.restaurants.models import MenuItem, Restaurant
from postroad.messaging.models import OutboxMessage

VINDALOO = {"id": "1", "name": "Chicken Vindaloo", "price": "12.34"}
NAAN = {"id": "2", "name": "Naan", "price": "0.50"}
ADDRESS = {"street1": "1 Main Street", "city": "Oakland", "state": "CA", "zip": "94611"}
AJANTA = {"name": "Ajanta", "address": ADDRESS, "menu": {"menuItems": [VINDALOO, NAAN]}}


def create(client: Client, body: object) -> Any:
    return client.post("/restaurants/v1/restaurants", body, content_type="application/json")


def revise(client: Client, restaurant: int, body: object) -> Any:
    return client.put(f"/restaurants/v1/restaurants/{restaurant}/menu", body, content_type="application/json")


@pytest.fixture
def ajanta(client: Client, db: None) -> int:
    created: int = create(client, AJANTA).json()["id"]
    return created


def test_a_new_restaurant_answers_its_id(client: Client, db: None) -> None:
    answer = create(client, AJANTA)

    assert answer.status_code == 200
    assert answer.json() == {"id": Restaurant.objects.get().pk}


def test_a_new_restaurant_is_shown_with_its_menu_in_order(client: Client, ajanta: int) -> None:
    answer = client.get(f"/restaurants/v1/restaurants/{ajanta}")

    assert answer.status_code == 200
    assert answer.json() == {"id": ajanta, "name": "Ajanta", "menu": {"menuItems": [VINDALOO, NAAN]}}


def test_a_new_restaurant_is_announced(ajanta: int) -> None:
    event = OutboxMessage.objects.get()

    assert (event.type, event.channel) == ("restaurants.RestaurantCreated", "restaurants.Restaurant")
    assert (event.partition_key, event.app_id) == (str(ajanta), "restaurants")
    assert json.loads(bytes(event.body)) == {
        "restaurantId": ajanta,
        "name": "Ajanta",
        "address": {**ADDRESS, "street2": ""},
        "menu": {"menuItems": [VINDALOO, NAAN]},
    }


@pytest.mark.parametrize(
    ("price", "kept"), [("12.3", "12.30"), ("12", "12.00"), (12.3, "12.30"), (12, "12.00"), (0.07, "0.07")]
)
def test_a_price_is_taken_as_text_or_number_and_never_rounded(
    client: Client, db: None, price: object, kept: str
) -> None:
    menu = {"menuItems": [{**VINDALOO, "price": price}]}

    created = create(client, {**AJANTA, "menu": menu}).json()["id"]

    shown = client.get(f"/restaurants/v1/restaurants/{created}").json()
    assert shown["menu"]["menuItems"][0]["price"] == kept


@pytest.mark.parametrize("street2", [None, ""])
def test_an_address_may_have_an_empty_second_line(client: Client, db: None, street2: object) -> None:
    answer = create(client, {**AJANTA, "address": {**ADDRESS, "street2": street2}})

    assert answer.status_code == 200
    assert Restaurant.objects.get().address["street2"] == ""


def test_text_is_trimmed(client: Client, db: None) -> None:
    create(client, {**AJANTA, "name": "  Ajanta "})

    assert Restaurant.objects.get().name == "Ajanta"


def test_an_unknown_restaurant_is_not_found(client: Client, db: None) -> None:
    answer = client.get("/restaurants/v1/restaurants/404")

    assert answer.status_code == 404
    assert answer.json() == {"code": "not_found", "detail": "There is no restaurant 404.", "fields": {}}


def test_restaurants_are_listed_page_by_page_in_the_order_they_joined(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usecases, "PAGE_SIZE", 2)
    ids = [create(client, {**AJANTA, "name": name}).json()["id"] for name in ("Ajanta", "Bombay", "Curry")]

    first = client.get("/restaurants/v1/restaurants").json()
    second = client.get(f"/restaurants/v1/restaurants?startKey={first['startKey']}").json()

    assert first["restaurants"] == [{"id": ids[0], "name": "Ajanta"}, {"id": ids[1], "name": "Bombay"}]
    assert second == {"restaurants": [{"id": ids[2], "name": "Curry"}], "startKey": None}


@pytest.mark.parametrize("key", ["", "x", "0", "-1", "1.0", str(2**63), "9" * 30, "%00", "1&startKey=2"])
def test_a_start_key_that_is_none_is_refused(client: Client, db: None, key: str) -> None:
    answer = client.get(f"/restaurants/v1/restaurants?startKey={key}")

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["startKey"]


def test_a_revised_menu_replaces_the_old_one_and_is_announced(client: Client, ajanta: int) -> None:
    answer = revise(client, ajanta, {"menuItems": [NAAN]})

    event = OutboxMessage.objects.get(type="restaurants.MenuRevised")
    assert answer.json() == {"id": ajanta, "name": "Ajanta", "menu": {"menuItems": [NAAN]}}
    assert json.loads(bytes(event.body)) == {"restaurantId": ajanta, "menu": {"menuItems": [NAAN]}}


def test_the_menu_of_an_unknown_restaurant_cannot_be_revised(client: Client, db: None) -> None:
    answer = revise(client, 404, {"menuItems": [NAAN]})

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_a_refused_menu_changes_nothing(client: Client, ajanta: int) -> None:
    answer = revise(client, ajanta, {"menuItems": [NAAN, NAAN]})

    assert answer.status_code == 400
    assert answer.json()["code"] == "duplicate_menu_item"
    assert list(answer.json()["fields"]) == ["menuItems[1].id"]
    assert MenuItem.objects.count() == 2
    assert OutboxMessage.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": 5}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": None}, "name"),
        ({"address": {**ADDRESS, "zip": 94611}}, "address.zip"),
        ({"address": None}, "address"),
        ({"menu": {}}, "menu.menuItems"),
        ({"menu": {"menuItems": [VINDALOO] * 1001}}, "menu.menuItems"),
        ({"menu": {"menuItems": [{**VINDALOO, "id": 1}]}}, "menu.menuItems[0].id"),
        ({"menu": {"menuItems": [VINDALOO, VINDALOO]}}, "menu.menuItems[1].id"),
        ({"menu": {"menuItems": [{**VINDALOO, "price": "0.00"}]}}, "menu.menuItems[0].price"),
        ({"menu": {"menuItems": [{**VINDALOO, "price": "-1"}]}}, "menu.menuItems[0].price"),
        ({"menu": {"menuItems": [{**VINDALOO, "price": "12.345"}]}}, "menu.menuItems[0].price"),
        ({"menu": {"menuItems": [{**VINDALOO, "price": 12.345}]}}, "menu.menuItems[0].price"),
        ({"menu": {"menuItems": [{**VINDALOO, "price": "1e2"}]}}, "menu.menuItems[0].price"),
        ({"menu": {"menuItems": [{**VINDALOO, "price": "١٢"}]}}, "menu.menuItems[0].price"),
        ({"menu": {"menuItems": [{**VINDALOO, "price": 1e30}]}}, "menu.menuItems[0].price"),
        ({"menu": {"menuItems": [{**VINDALOO, "price": True}]}}, "menu.menuItems[0].price"),
        ({"menu": {"menuItems": [{**VINDALOO, "price": []}]}}, "menu.menuItems[0].price"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_by_its_field(
    client: Client, db: None, change: dict[str, Any], field: str
) -> None:
    answer = create(client, {**AJANTA, **change})

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]
