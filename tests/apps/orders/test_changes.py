"""Cancelling and revising over REST, with all services behind it, driven until quiet."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from apps.accounting.models import Account
from apps.kitchen.models import Ticket
from apps.orders import usecases
from apps.orders.models import Order
from postroad.messaging.models import DeadLetter
from postroad.sagas.models import SagaInstance
from postroad.testing import Pump

pytestmark = pytest.mark.django_db
Post = Callable[[str, Any], Any]
ADDRESS = {"street1": "1 Main Street", "city": "Oakland", "state": "CA", "zip": "94611"}
MENU = {"menuItems": [{"id": "1", "name": "Vindaloo", "price": "12.34"}, {"id": "2", "name": "Naan", "price": "2.00"}]}
SOON = {"readyBy": datetime(2030, 1, 2, 18, tzinfo=UTC).isoformat()}


@pytest.fixture
def pump() -> Pump:
    return Pump()


@pytest.fixture
def post(client: Client) -> Post:
    return lambda path, body: client.post(path, json.dumps(body), content_type="application/json")


@pytest.fixture
def order(post: Post, pump: Pump) -> int:
    """An approved order of two portions, 24.68."""
    consumer = post("/consumers/v1/consumers", {"name": {"firstName": "Ada", "lastName": "L"}}).json()["consumerId"]
    body = {"name": "Ajanta", "address": ADDRESS, "menu": MENU}
    restaurant = post("/restaurants/v1/restaurants", body).json()["id"]
    pump.until_quiet()
    wanted = {
        "consumerId": consumer,
        "restaurantId": restaurant,
        "deliveryAddress": ADDRESS,
        "deliveryTime": "2030-01-02T18:30:00Z",
        "lineItems": [{"menuItemId": "1", "quantity": 2}],
    }
    placed: int = post("/orders/v1/orders", wanted).json()["orderId"]
    pump.until_quiet()
    return placed


@pytest.fixture
def shown(client: Client) -> Callable[[int], dict[str, Any]]:
    return lambda order: client.get(f"/orders/v1/orders/{order}").json()


Shown = Callable[[int], dict[str, Any]]


def revise(post: Post, order: int, *items: tuple[str, int]) -> Any:
    lines = [{"menuItemId": item, "quantity": quantity} for item, quantity in items]
    return post(f"/orders/v1/orders/{order}/revise", {"revisedOrderLineItems": lines})


def status_in_history(client: Client, order: int) -> tuple[str, str]:
    found = client.get("/order_history/v1/orders").json()["orders"]
    return next((each["status"], each["orderTotal"]) for each in found if each["orderId"] == order)


def nothing_is_pending() -> bool:
    return not (
        Order.objects.filter(state__contains="PENDING").exists()
        or Ticket.objects.filter(state__contains="PENDING").exists()
        or SagaInstance.objects.filter(ended_at=None).exists()
        or DeadLetter.objects.exists()
    )


def test_an_approved_order_is_cancelled(client: Client, post: Post, pump: Pump, order: int, shown: Shown) -> None:
    answer = post(f"/orders/v1/orders/{order}/cancel", {})
    assert answer.json() == {"orderId": order, "state": "CANCEL_PENDING", "orderTotal": "24.68"}

    pump.until_quiet()
    assert shown(order)["state"] == "CANCELLED"
    assert Ticket.objects.get().state == "CANCELLED"
    assert Account.objects.get().authorized_total == 0
    assert status_in_history(client, order) == ("CANCELLED", "24.68")
    assert nothing_is_pending()


def test_an_approved_order_is_revised(client: Client, post: Post, pump: Pump, order: int, shown: Shown) -> None:
    answer = revise(post, order, ("1", 10), ("2", 1))
    assert answer.json() == {"orderId": order, "state": "REVISION_PENDING", "orderTotal": "24.68"}

    pump.until_quiet()
    assert shown(order) == {"orderId": order, "state": "APPROVED", "orderTotal": "125.40"}
    assert [line.quantity for line in Ticket.objects.get().lines] == [10, 1]
    assert str(Account.objects.get().authorized_total) == "125.40"
    assert status_in_history(client, order) == ("APPROVED", "125.40")
    assert nothing_is_pending()


def test_a_quantity_of_zero_takes_an_item_out(post: Post, pump: Pump, order: int, shown: Shown) -> None:
    revise(post, order, ("2", 8), ("1", 0))
    pump.until_quiet()

    assert shown(order)["orderTotal"] == "16.00"


@pytest.mark.parametrize(
    ("items", "code", "field"),
    [
        ([("1", 0), ("2", 1)], "below_minimum", "revisedOrderLineItems"),
        ([("1", 0)], "no_line_items", "revisedOrderLineItems"),
        ([("9", 1)], "unknown_menu_item", "revisedOrderLineItems[0].menuItemId"),
        ([("1", 3), ("1", 4)], "repeated_menu_item", "revisedOrderLineItems[1].menuItemId"),
    ],
)
def test_a_revision_that_cannot_be_ordered_names_its_field_and_begins_nothing(
    post: Post, pump: Pump, order: int, items: list[tuple[str, int]], code: str, field: str
) -> None:
    answer = revise(post, order, *items)

    assert (answer.status_code, answer.json()["code"], list(answer.json()["fields"])) == (400, code, [field])
    assert nothing_is_pending()


@pytest.mark.parametrize("path", ["cancel", "revise"])
def test_cancel_and_revise_are_refused_while_a_cancellation_is_pending(
    post: Post, pump: Pump, order: int, shown: Shown, path: str
) -> None:
    post(f"/orders/v1/orders/{order}/cancel", {})
    body = {"revisedOrderLineItems": [{"menuItemId": "1", "quantity": 3}]}

    answer = post(f"/orders/v1/orders/{order}/{path}", body)

    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
    pump.until_quiet()
    assert shown(order)["state"] == "CANCELLED"
    assert nothing_is_pending()


@pytest.mark.parametrize("path", ["cancel", "revise"])
def test_cancel_and_revise_are_refused_while_a_revision_is_pending(
    post: Post, pump: Pump, order: int, shown: Shown, path: str
) -> None:
    revise(post, order, ("1", 3))
    body = {"revisedOrderLineItems": [{"menuItemId": "1", "quantity": 4}]}

    answer = post(f"/orders/v1/orders/{order}/{path}", body)

    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
    pump.until_quiet()
    assert shown(order) == {"orderId": order, "state": "APPROVED", "orderTotal": "37.02"}
    assert nothing_is_pending()


def test_an_order_that_was_picked_up_cannot_be_cancelled_and_says_why(
    client: Client, post: Post, pump: Pump, order: int, shown: Shown
) -> None:
    post(f"/kitchen/v1/tickets/{order}/accept", SOON)
    post(f"/kitchen/v1/tickets/{order}/preparing", {})
    post(f"/kitchen/v1/tickets/{order}/ready", {})
    post(f"/kitchen/v1/tickets/{order}/picked-up", {})
    post(f"/orders/v1/orders/{order}/cancel", {})
    pump.until_quiet()

    assert shown(order) == {
        "orderId": order,
        "state": "APPROVED",
        "orderTotal": "24.68",
        "refusedChange": "cancel",
        "refusalReason": "illegal_transition",
    }
    assert status_in_history(client, order) == ("APPROVED", "24.68")
    assert nothing_is_pending()


def test_a_revision_above_the_accounts_limit_leaves_everything_as_it_was(
    post: Post, pump: Pump, order: int, shown: Shown
) -> None:
    revise(post, order, ("1", 100))
    Account.objects.update(limit="1000.00")
    pump.until_quiet()

    assert shown(order)["refusalReason"] == "limit_exceeded"
    assert shown(order)["orderTotal"] == "24.68"
    assert [line.quantity for line in Ticket.objects.get().lines] == [2]
    assert str(Account.objects.get().authorized_total) == "24.68"
    assert nothing_is_pending()


def test_a_refused_revision_does_not_stand_in_the_way_of_a_cancellation(
    post: Post, pump: Pump, order: int, shown: Shown
) -> None:
    revise(post, order, ("1", 101))
    pump.until_quiet()
    assert shown(order)["refusalReason"] == "too_many_portions"

    post(f"/orders/v1/orders/{order}/cancel", {})
    pump.until_quiet()
    assert shown(order) == {"orderId": order, "state": "CANCELLED", "orderTotal": "24.68"}


@pytest.mark.parametrize("path", ["cancel", "revise"])
def test_a_cancelled_order_does_not_change_again(post: Post, pump: Pump, order: int, path: str) -> None:
    post(f"/orders/v1/orders/{order}/cancel", {})
    pump.until_quiet()

    answer = post(f"/orders/v1/orders/{order}/{path}", {"revisedOrderLineItems": [{"menuItemId": "1", "quantity": 3}]})

    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
    assert nothing_is_pending()


@pytest.mark.parametrize("path", ["cancel", "revise"])
def test_an_unknown_order_is_not_found(post: Post, path: str) -> None:
    answer = post("/orders/v1/orders/404/" + path, {"revisedOrderLineItems": [{"menuItemId": "1", "quantity": 3}]})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_journey_of_an_order_is_that_of_its_last_saga(client: Client, post: Post, pump: Pump, order: int) -> None:
    post(f"/orders/v1/orders/{order}/cancel", {})
    pump.until_quiet()

    assert client.get(f"/orders/v1/orders/{order}/journey").json()["saga"]["type"] == "orders.CancelOrder"


def test_the_history_can_be_rebuilt_in_every_state(client: Client, post: Post, pump: Pump, order: int) -> None:
    revise(post, order, ("1", 3))
    (snapshot,) = usecases.snapshots("", 10)

    assert [type(event).__name__ for event in snapshot.events] == [
        "OrderCreated",
        "OrderAuthorized",
        "OrderRevisionProposed",
    ]
