"""The REST API of orders, version 1."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from apps.orders.models import Order
from apps.orders.participants import CreateOrderData
from apps.orders.steps import approve_order, reject_order
from apps.restaurants.messages import RestaurantCreated
from postroad import unit_of_work
from postroad.messaging.models import OutboxMessage
from postroad.sagas.models import SagaInstance

pytestmark = pytest.mark.django_db


def place(client: Client, body: object) -> Any:
    return client.post("/orders/v1/orders", body, content_type="application/json")


@pytest.fixture
def order(client: Client, ajanta: RestaurantCreated, body: dict[str, Any]) -> int:
    placed: int = place(client, body).json()["orderId"]
    return placed


def data(order: int, reason: str = "") -> CreateOrderData:
    return CreateOrderData(
        order_id=order,
        consumer_id=5,
        restaurant_id=7,
        line_items=(),
        order_total=Decimal("25.18"),
        rejection_reason=reason,
    )


def test_a_placed_order_answers_its_id(client: Client, ajanta: RestaurantCreated, body: dict[str, Any]) -> None:
    answer = place(client, body)

    assert answer.status_code == 200
    assert answer.json() == {"orderId": Order.objects.get().pk}


def test_a_placed_order_waits_for_approval_at_the_menus_prices(client: Client, order: int) -> None:
    assert client.get(f"/orders/v1/orders/{order}").json() == {
        "orderId": order,
        "state": "APPROVAL_PENDING",
        "orderTotal": "25.18",
    }


def test_a_placed_order_is_announced_with_all_details(order: int) -> None:
    event = OutboxMessage.objects.get(type="orders.OrderCreated")
    found = json.loads(bytes(event.body))
    created_at = found.pop("createdAt")

    assert created_at.endswith("Z")
    assert (event.channel, event.partition_key, event.app_id) == ("orders.Order", str(order), "orders")
    assert found == {
        "orderId": order,
        "consumerId": 5,
        "restaurantId": 7,
        "restaurantName": "Ajanta",
        "lineItems": [
            {"menuItemId": "1", "name": "Chicken Vindaloo", "price": "12.34", "quantity": 2},
            {"menuItemId": "2", "name": "Naan", "price": "0.50", "quantity": 1},
        ],
        "orderTotal": "25.18",
        "deliveryAddress": {
            "street1": "9 Amazing View",
            "street2": "",
            "city": "Oakland",
            "state": "CA",
            "zip": "94612",
        },
        "deliveryTime": "2030-01-02T18:30:00Z",
    }


def test_a_placed_order_shows_what_was_ordered(client: Client, order: int) -> None:
    contents = client.get(f"/orders/v1/orders/{order}/contents").json()

    assert (contents["orderId"], contents["consumerId"], contents["restaurantId"]) == (order, 5, 7)
    assert (contents["restaurantName"], contents["deliveryTime"]) == ("Ajanta", "2030-01-02T18:30:00Z")
    assert contents["deliveryAddress"]["street1"] == "9 Amazing View"
    assert contents["lineItems"][1] == {"menuItemId": "2", "name": "Naan", "price": "0.50", "quantity": 1}


def test_a_placed_order_first_asks_consumers(order: int) -> None:
    command = OutboxMessage.objects.get(channel="consumers")

    assert command.type == "consumers.ValidateOrderByConsumer"
    assert json.loads(bytes(command.body)) == {"consumerId": 5, "orderId": order, "orderTotal": "25.18"}
    assert SagaInstance.objects.get().key == str(order)


def test_a_delivery_time_without_offset_is_taken_as_utc(
    client: Client, ajanta: RestaurantCreated, body: dict[str, Any]
) -> None:
    place(client, {**body, "deliveryTime": "2030-01-02T18:30:00"})

    assert Order.objects.get().delivery_time.isoformat() == "2030-01-02T18:30:00+00:00"


def test_an_approved_order_shows_it(client: Client, order: int) -> None:
    with unit_of_work():
        approve_order(data(order))

    assert client.get(f"/orders/v1/orders/{order}").json()["state"] == "APPROVED"
    assert OutboxMessage.objects.filter(type="orders.OrderAuthorized").count() == 1


def test_a_rejected_order_shows_its_reason(client: Client, order: int) -> None:
    with unit_of_work():
        reject_order(data(order, reason="account_disabled"))

    answer = client.get(f"/orders/v1/orders/{order}").json()
    event = OutboxMessage.objects.get(type="orders.OrderRejected")
    assert (answer["state"], answer["rejectionReason"]) == ("REJECTED", "account_disabled")
    assert json.loads(bytes(event.body)) == {"orderId": order, "reason": "account_disabled"}


def test_a_rejection_without_reason_says_so(client: Client, order: int) -> None:
    with unit_of_work():
        reject_order(data(order))

    assert client.get(f"/orders/v1/orders/{order}").json()["rejectionReason"] == "not_agreed"


def test_an_unknown_order_is_not_found(client: Client) -> None:
    answer = client.get("/orders/v1/orders/404")

    assert answer.status_code == 404
    assert answer.json() == {"code": "not_found", "detail": "There is no order 404.", "fields": {}}


def test_a_journey_begins_with_the_question_to_consumers(client: Client, order: int) -> None:
    journey = client.get(f"/orders/v1/orders/{order}/journey").json()

    assert (journey["orderId"], journey["state"]) == (order, "APPROVAL_PENDING")
    assert journey["saga"]["type"] == "orders.CreateOrder"
    assert journey["saga"]["state"] == "RUNNING"
    assert journey["saga"]["id"] == str(SagaInstance.objects.get().pk)
    assert journey["elapsedMilliseconds"] >= 0
    (step,) = journey["steps"]
    assert step.pop("startedAt").endswith("Z")
    assert step == {
        "name": "consumer",
        "direction": "do",
        "kind": "command",
        "messageType": "consumers.ValidateOrderByConsumer",
        "channel": "consumers",
        "to": "consumers",
        "reply": "",
        "outcome": "",
        "detail": "",
        "endedAt": None,
        "milliseconds": None,
    }


def test_the_journey_of_a_forgotten_saga_is_empty(client: Client, order: int) -> None:
    saga = SagaInstance.objects.get()
    saga.history.all().delete()
    saga.delete()

    journey = client.get(f"/orders/v1/orders/{order}/journey").json()

    assert (journey["saga"], journey["steps"], journey["elapsedMilliseconds"]) == (None, [], 0)


def test_the_journey_of_an_unknown_order_is_not_found(client: Client) -> None:
    assert client.get("/orders/v1/orders/404/journey").status_code == 404


def test_a_replica_that_has_arrived_is_shown(client: Client, ajanta: RestaurantCreated) -> None:
    answer = client.get("/orders/v1/restaurants/7")

    assert answer.json() == {"restaurantId": 7, "name": "Ajanta"}


def test_a_replica_that_has_not_arrived_is_not_found(client: Client) -> None:
    assert client.get("/orders/v1/restaurants/7").status_code == 404


def test_an_unknown_restaurant_is_refused_by_name(client: Client, ajanta: RestaurantCreated, body: Any) -> None:
    answer = place(client, {**body, "restaurantId": 8})

    assert answer.status_code == 400
    assert answer.json() == {
        "code": "unknown_restaurant",
        "detail": "There is no restaurant 8.",
        "fields": {"restaurantId": ["There is no restaurant 8."]},
    }


def test_an_unknown_menu_item_is_refused_by_its_place(client: Client, ajanta: RestaurantCreated, body: Any) -> None:
    answer = place(client, {**body, "lineItems": [*body["lineItems"], {"menuItemId": "9", "quantity": 1}]})

    assert answer.status_code == 400
    assert answer.json()["code"] == "unknown_menu_item"
    assert list(answer.json()["fields"]) == ["lineItems[2].menuItemId"]


def test_an_order_below_the_minimum_is_refused(client: Client, ajanta: RestaurantCreated, body: Any) -> None:
    answer = place(client, {**body, "lineItems": [{"menuItemId": "2", "quantity": 19}]})

    assert answer.status_code == 400
    assert answer.json()["code"] == "below_minimum"
    assert list(answer.json()["fields"]) == ["lineItems"]


def test_the_minimum_is_a_setting(client: Client, ajanta: RestaurantCreated, body: Any, settings: Settings) -> None:
    settings.ORDERS_MINIMUM_ORDER_VALUE = Decimal("0.50")

    assert place(client, {**body, "lineItems": [{"menuItemId": "2", "quantity": 1}]}).status_code == 200


def test_a_refused_order_leaves_nothing_behind(client: Client, ajanta: RestaurantCreated, body: Any) -> None:
    place(client, {**body, "lineItems": [{"menuItemId": "2", "quantity": 1}]})

    assert not Order.objects.exists()
    assert not OutboxMessage.objects.exists()
    assert not SagaInstance.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"consumerId": 0}, "consumerId"),
        ({"consumerId": 2**63}, "consumerId"),
        ({"consumerId": "5"}, "consumerId"),
        ({"consumerId": True}, "consumerId"),
        ({"restaurantId": 7.0}, "restaurantId"),
        ({"restaurantId": None}, "restaurantId"),
        ({"deliveryTime": "tomorrow"}, "deliveryTime"),
        ({"deliveryTime": 5}, "deliveryTime"),
        ({"deliveryTime": "0001-01-01T00:00:00+14:00"}, "deliveryTime"),
        ({"deliveryAddress": "here"}, "deliveryAddress"),
        ({"deliveryAddress": {"street1": "a\x00", "city": "b", "state": "c", "zip": "d"}}, "deliveryAddress.street1"),
        ({"lineItems": []}, "lineItems"),
        ({"lineItems": {}}, "lineItems"),
        ({"lineItems": [{"menuItemId": "1", "quantity": 1}] * 101}, "lineItems"),
        ({"lineItems": ["1"]}, "lineItems[0]"),
        ({"lineItems": [{"menuItemId": "1", "quantity": 0}]}, "lineItems[0].quantity"),
        ({"lineItems": [{"menuItemId": "1", "quantity": 1001}]}, "lineItems[0].quantity"),
        ({"lineItems": [{"menuItemId": "1", "quantity": 1.5}]}, "lineItems[0].quantity"),
        ({"lineItems": [{"menuItemId": 1, "quantity": 1}]}, "lineItems[0].menuItemId"),
        ({"lineItems": [{"menuItemId": " ", "quantity": 1}]}, "lineItems[0].menuItemId"),
        ({"lineItems": [{"menuItemId": "x" * 101, "quantity": 1}]}, "lineItems[0].menuItemId"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_by_its_field(
    client: Client, body: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    answer = place(client, {**body, **change})

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert list(answer.json()["fields"]) == [field]


def test_an_empty_body_names_every_missing_field(client: Client) -> None:
    answer = place(client, {})

    assert answer.status_code == 400
    assert set(answer.json()["fields"]) == {
        "consumerId",
        "restaurantId",
        "deliveryAddress",
        "deliveryTime",
        "lineItems",
    }


def test_placing_an_order_does_not_read_the_menu_item_by_item(
    client: Client,
    ajanta: RestaurantCreated,
    body: dict[str, Any],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(12):
        place(client, {**body, "lineItems": [{"menuItemId": "1", "quantity": 1}] * 100})
