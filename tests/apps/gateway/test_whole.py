"""The gateway before all services in one process: an order from its placing to its details."""

import json
from typing import Any

import pytest
from django.test import Client

from postroad.testing.pump import Pump

ADDRESS = {"street1": "1 Main Street", "city": "Oakland", "state": "CA", "zip": "94611"}
MENU = {"menuItems": [{"id": "1", "name": "Vindaloo", "price": "12.34"}]}


def post(client: Client, path: str, body: object) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


@pytest.fixture
def placed(client: Client, db: None) -> dict[str, int]:
    """A consumer, a restaurant and an order, all made through the gateway, with everything done that follows."""
    pump = Pump()
    consumer = post(client, "/v1/consumers", {"name": {"firstName": "Ada", "lastName": "Lovelace"}}).json()
    restaurant = post(client, "/v1/restaurants", {"name": "Ajanta", "address": ADDRESS, "menu": MENU}).json()
    pump.until_quiet()
    order = {
        "consumerId": consumer["consumerId"],
        "restaurantId": restaurant["id"],
        "deliveryAddress": ADDRESS,
        "deliveryTime": "2030-01-01T12:00:00Z",
        "lineItems": [{"menuItemId": "1", "quantity": 2}],
    }
    placed = post(client, "/v1/orders", order).json()
    pump.until_quiet()
    pump.close()
    return {"order": placed["orderId"], "consumer": consumer["consumerId"], "restaurant": restaurant["id"]}


def test_an_order_is_shown_with_ticket_delivery_and_bill(client: Client, placed: dict[str, int]) -> None:
    order = placed["order"]

    answer = client.get(f"/v1/orders/{order}")

    assert answer.status_code == 200
    body = answer.json()
    assert body["orderInfo"] == {"orderId": order, "state": "APPROVED", "orderTotal": "24.68"}
    assert body["ticketInfo"]["state"] == "AWAITING_ACCEPTANCE"
    assert body["deliveryInfo"] == {"id": order, "state": "PENDING", "assignedCourier": None, "courierActions": []}
    assert body["billInfo"]["amount"] == "24.68"
    assert body["degraded"] == []


def test_the_orders_of_a_consumer_come_from_the_history(client: Client, placed: dict[str, int]) -> None:
    answer = client.get(f"/v1/orders?consumerId={placed['consumer']}")

    assert [order["orderId"] for order in answer.json()["orders"]] == [placed["order"]]


def test_an_unknown_order_is_not_found(client: Client, db: None) -> None:
    answer = client.get("/v1/orders/404")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"
    assert answer.json()["detail"] == "There is no order 404."


def test_a_kitchen_accepts_through_the_gateway(client: Client, placed: dict[str, int]) -> None:
    answer = post(client, f"/v1/tickets/{placed['order']}/accept", {"readyBy": "2030-01-01T11:30:00Z"})

    assert answer.status_code == 200
    assert answer.json()["state"] == "ACCEPTED"


def test_a_body_that_the_owner_refuses_is_answered_in_the_owners_words(client: Client, db: None) -> None:
    answer = post(client, "/v1/consumers", {"name": {"firstName": "", "lastName": 5}})

    assert answer.status_code == 400
    assert sorted(answer.json()["fields"]) == ["name.firstName", "name.lastName"]
