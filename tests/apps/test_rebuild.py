"""A replica or view that was lost is rebuilt from its owner's present state."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from apps.delivery import models as delivery
from apps.order_history.models import OrderView
from apps.orders import models as orders
from postroad import unit_of_work
from postroad.events import snapshots
from postroad.events.snapshots import PublishSnapshots, ask
from postroad.messaging.models import DeadLetter
from postroad.testing import Pump

pytestmark = pytest.mark.django_db

ADDRESS = {"street1": "1 Main Street", "city": "Oakland", "state": "CA", "zip": "94611"}


@pytest.fixture
def pump() -> Pump:
    return Pump()


@pytest.fixture
def post(client: Client, pump: Pump) -> Callable[[str, Any], Any]:
    def post(path: str, body: Any) -> Any:
        answer = client.post(path, json.dumps(body), content_type="application/json")
        assert answer.status_code == 200, answer.content
        pump.until_quiet()
        return answer.json()

    return post


@pytest.fixture
def restaurants(post: Callable[[str, Any], Any]) -> list[int]:
    menu = {"menuItems": [{"id": "1", "name": "Vindaloo", "price": "12.34"}]}
    body = {"name": "Ajanta", "address": ADDRESS, "menu": menu}
    return [post("/restaurants/v1/restaurants", {**body, "name": f"Ajanta {number}"})["id"] for number in range(5)]


def replica() -> list[tuple[int, str, str]]:
    items = orders.MenuItem.objects.order_by("restaurant_id", "menu_item_id")
    return [(item.restaurant_id, item.restaurant.name, str(item.price)) for item in items.select_related("restaurant")]


@pytest.mark.parametrize("page_rows", [2, 5, 200])
def test_a_replica_is_rebuilt_page_by_page(
    pump: Pump, restaurants: list[int], page_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "PAGE_ROWS", page_rows)
    before = replica()
    orders.MenuItem.objects.all().delete()
    orders.Restaurant.objects.all().delete()

    call_command("rebuild", "orders.restaurants")
    pump.until_quiet()

    assert replica() == before
    assert len(before) == len(restaurants)


def test_a_replica_is_rebuilt_while_its_owner_goes_on(
    client: Client, pump: Pump, restaurants: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "PAGE_ROWS", 2)
    orders.MenuItem.objects.all().delete()
    orders.Restaurant.objects.all().delete()
    call_command("rebuild", "orders.restaurants")
    for number, restaurant in enumerate(restaurants):
        dish = {"id": "2", "name": "Naan", "price": f"{number}.50"}
        address = f"/restaurants/v1/restaurants/{restaurant}/menu"
        client.put(address, json.dumps({"menuItems": [dish]}), content_type="application/json")
        pump.relay.run_once()
        pump.runner.step(timeout_seconds=0, is_patient=False)
    pump.until_quiet()

    wanted = [(restaurant, f"Ajanta {number}", f"{number}.50") for number, restaurant in enumerate(restaurants)]
    assert replica() == wanted
    assert not DeadLetter.objects.exists()


def test_a_view_is_rebuilt_while_orders_go_on(
    client: Client, pump: Pump, post: Callable[[str, Any], Any], restaurants: list[int]
) -> None:
    consumer = post("/consumers/v1/consumers", {"name": {"firstName": "Ada", "lastName": "Lovelace"}})["consumerId"]
    order = {"deliveryAddress": ADDRESS, "deliveryTime": "2030-01-01T12:00:00Z", "restaurantId": restaurants[0]}
    body = {**order, "consumerId": consumer, "lineItems": [{"menuItemId": "1", "quantity": 2}]}
    placed = [post("/orders/v1/orders", body)["orderId"] for _ in range(3)]
    OrderView.objects.all().delete()
    call_command("rebuild", "order_history.orders")
    call_command("rebuild", "order_history.tickets")
    client.post(f"/orders/v1/orders/{placed[0]}/cancel")
    pump.relay.run_once()
    revision = {"revisedOrderLineItems": [{"menuItemId": "1", "quantity": 3}]}
    post(f"/orders/v1/orders/{placed[1]}/revise", revision)

    shown = OrderView.objects.order_by("pk").values_list("status", "ticket_state", "order_total")
    assert [(status, state, str(total)) for status, state, total in shown] == [
        ("CANCELLED", "CANCELLED", "24.68"),
        ("APPROVED", "AWAITING_ACCEPTANCE", "37.02"),
        ("APPROVED", "AWAITING_ACCEPTANCE", "24.68"),
    ]
    assert not DeadLetter.objects.exists()


def test_pickup_addresses_are_rebuilt(pump: Pump, restaurants: list[int]) -> None:
    before = list(delivery.Restaurant.objects.order_by("pk").values())
    delivery.Restaurant.objects.all().delete()

    call_command("rebuild", "delivery.restaurants")
    pump.until_quiet()

    assert list(delivery.Restaurant.objects.order_by("pk").values()) == before
    assert [row["id"] for row in before] == restaurants


def test_a_view_is_rebuilt_with_orders_tickets_and_deliveries_in_every_state(
    pump: Pump, post: Callable[[str, Any], Any], restaurants: list[int]
) -> None:
    consumer = post("/consumers/v1/consumers", {"name": {"firstName": "Ada", "lastName": "Lovelace"}})["consumerId"]
    order = {"deliveryAddress": ADDRESS, "deliveryTime": "2030-01-01T12:00:00Z", "restaurantId": restaurants[0]}
    lines = [{"menuItemId": "1", "quantity": 2}]
    placed = [
        post("/orders/v1/orders", {**order, "consumerId": ordered_by, "lineItems": lines})["orderId"]
        for ordered_by in (consumer, consumer, 999, consumer)
    ]
    post("/delivery/v1/couriers/1/availability", {"available": True})
    post(f"/kitchen/v1/tickets/{placed[1]}/accept", {"readyBy": "2030-01-01T11:00:00Z"})
    post(f"/kitchen/v1/tickets/{placed[1]}/preparing", {})
    post(f"/kitchen/v1/tickets/{placed[3]}/accept", {"readyBy": "2030-01-01T11:00:00Z"})
    post(f"/kitchen/v1/tickets/{placed[3]}/preparing", {})
    post(f"/kitchen/v1/tickets/{placed[3]}/ready", {})
    post(f"/kitchen/v1/tickets/{placed[3]}/picked-up", {})
    post(f"/delivery/v1/deliveries/{placed[3]}/delivered", {})
    shown = (
        "order_id",
        "status",
        "ticket_state",
        "delivery_state",
        "rejection_reason",
        "order_total",
        "restaurant_name",
        "keywords",
    )
    before = list(OrderView.objects.order_by("pk").values_list(*shown))
    OrderView.objects.all().delete()

    call_command("rebuild", "order_history.orders")
    call_command("rebuild", "order_history.tickets")
    call_command("rebuild", "order_history.deliveries")
    pump.until_quiet()

    assert list(OrderView.objects.order_by("pk").values_list(*shown)) == before
    assert [row[1:4] for row in before] == [
        ("APPROVED", "AWAITING_ACCEPTANCE", ""),
        ("APPROVED", "PREPARING", "SCHEDULED"),
        ("REJECTED", "", "CANCELLED"),
        ("APPROVED", "PICKED_UP", "DELIVERED"),
    ]


def test_snapshots_told_to_deliveries_that_are_there_change_nothing(
    pump: Pump, post: Callable[[str, Any], Any], restaurants: list[int]
) -> None:
    post("/delivery/v1/couriers/1/availability", {"available": True})
    consumer = post("/consumers/v1/consumers", {"name": {"firstName": "Ada", "lastName": "Lovelace"}})["consumerId"]
    order = {"deliveryAddress": ADDRESS, "deliveryTime": "2030-01-01T12:00:00Z", "restaurantId": restaurants[0]}
    lines = [{"menuItemId": "1", "quantity": 2}]
    placed = post("/orders/v1/orders", {**order, "consumerId": consumer, "lineItems": lines})["orderId"]
    post(f"/kitchen/v1/tickets/{placed}/accept", {"readyBy": "2030-01-01T11:00:00Z"})
    before = delivery.Delivery.objects.values().get()

    call_command("rebuild", "delivery.orders")
    call_command("rebuild", "delivery.tickets")
    pump.until_quiet()

    assert delivery.Delivery.objects.values().get() == before
    assert before["state"] == "SCHEDULED"


def test_other_subscribers_are_not_disturbed(pump: Pump, restaurants: list[int]) -> None:
    call_command("rebuild", "orders.restaurants")
    pump.relay.run_once()

    assert pump.broker.depth("restaurants.snapshots") == 1
    pump.runner.step(timeout_seconds=0)
    pump.relay.run_once()

    assert sum(pump.broker.depth(f"kitchen.restaurants.{shard}") for shard in range(4)) == 0
    assert sum(pump.broker.depth(f"orders.restaurants.{shard}") for shard in range(4)) == len(restaurants)


def test_an_unknown_replica_is_answered_with_the_known_ones() -> None:
    with pytest.raises(CommandError, match=r"no replica 'orders.menus' here; known: .*orders.restaurants"):
        call_command("rebuild", "orders.menus")


def test_a_request_that_cannot_be_met_is_parked_with_the_reason(pump: Pump) -> None:
    with unit_of_work():
        ask(PublishSnapshots(channel="restaurants.Menu", subscriber="x.y", shards=1, types=()))

    pump.until_quiet()

    assert "there are no snapshots of channel 'restaurants.Menu' here" in DeadLetter.objects.get().reason
