"""The choreography: what deliveries make of the events of orders and tickets, in every order of arrival."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from apps.delivery.handlers import EVENTS
from apps.delivery.models import Courier, Delivery
from postroad import Message
from postroad.messaging.models import OutboxMessage
from tests.apps.delivery.events import (
    ORDER_CANCELLED,
    PICKED_UP,
    REJECTED,
    SIX,
    TICKET_CANCELLED,
    VIEW,
    accepted,
    announced,
    announced_names,
    arrive,
    arrive_again,
    created,
    happen,
    interleavings,
    make_available,
)

pytestmark = pytest.mark.django_db
IDS = {"deliveryId": 99, "orderId": 99}
Steps = tuple[Message | Callable[[], Any], ...]


def named(steps: Steps) -> str:
    return "-".join("courier" if step is make_available else type(step).__name__ for step in steps)


def test_a_new_order_has_a_pending_delivery() -> None:
    arrive(created())

    delivery = Delivery.objects.get()
    assert (delivery.pk, delivery.state, delivery.courier_id) == (99, "PENDING", None)
    assert (delivery.restaurant_id, delivery.dropoff_address) == (7, VIEW)
    assert announced() == []


def test_an_available_courier_does_not_take_what_no_restaurant_has_accepted() -> None:
    happen(make_available, created())

    assert Delivery.objects.get().state == "PENDING"


def test_an_accepted_ticket_is_given_to_an_available_courier() -> None:
    happen(make_available, created(), accepted())

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.courier_id, delivery.ready_by) == ("SCHEDULED", 1, SIX)
    assert announced() == [
        (
            "delivery.DeliveryScheduled",
            {**IDS, "courierId": 1, "pickupTime": "2030-01-02T18:00:00Z", "dropoffTime": "2030-01-02T18:30:00Z"},
        )
    ]


def test_the_events_of_a_delivery_carry_its_key_and_the_service() -> None:
    happen(make_available, created(), accepted())

    event = OutboxMessage.objects.get()
    assert (event.channel, event.partition_key, event.app_id) == ("delivery.Delivery", "99", "delivery")


def test_how_long_a_courier_takes_is_a_setting(settings: Settings) -> None:
    settings.DELIVERY_DROPOFF_MINUTES = 45

    happen(make_available, created(), accepted())

    assert Delivery.objects.get().dropoff_time == SIX + timedelta(minutes=45)


def test_a_ticket_that_is_ready_at_the_end_of_the_calendar_is_scheduled() -> None:
    end = datetime.max.replace(tzinfo=UTC)

    happen(make_available, created(), accepted(ready_by=end))

    assert Delivery.objects.get().dropoff_time == end


def test_a_pickup_is_a_moment_and_no_state() -> None:
    happen(make_available, created(), accepted(), PICKED_UP)

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.picked_up_at is None) == ("SCHEDULED", False)
    assert announced_names() == ["Scheduled", "PickedUp"]


def test_a_pickup_before_a_courier_is_found_is_announced_when_he_is() -> None:
    happen(created(), accepted(), PICKED_UP)
    assert announced() == []

    make_available()

    assert announced_names() == ["Scheduled", "PickedUp"]


@pytest.mark.parametrize(
    "cancelled", [TICKET_CANCELLED, ORDER_CANCELLED, REJECTED], ids=lambda each: type(each).__name__
)
def test_a_cancelled_delivery_is_taken_from_its_courier(cancelled: Message) -> None:
    happen(make_available, created(), accepted(), cancelled)

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.courier_id, Courier.objects.get().load) == ("CANCELLED", None, 0)
    assert announced()[1:] == [("delivery.DeliveryCancelled", IDS)]


@pytest.mark.parametrize(
    "steps", list(interleavings([created()], [accepted(), PICKED_UP], [make_available])), ids=named
)
def test_whatever_comes_first_the_delivery_is_scheduled_and_picked_up(steps: Steps) -> None:
    happen(*steps)

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.courier_id, Courier.objects.get().load) == ("SCHEDULED", 1, 1)
    assert (delivery.restaurant_id, delivery.ready_by) == (7, SIX)
    assert announced_names() == ["Scheduled", "PickedUp"]


@pytest.mark.parametrize(
    "steps",
    list(interleavings([created(), ORDER_CANCELLED], [accepted(), TICKET_CANCELLED], [make_available])),
    ids=named,
)
def test_whatever_comes_first_the_delivery_is_cancelled(steps: Steps) -> None:
    happen(*steps)

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.courier_id, Courier.objects.get().load) == ("CANCELLED", None, 0)
    assert (delivery.restaurant_id, delivery.dropoff_address) == (7, VIEW)
    assert announced_names()[-1] == "Cancelled"
    assert announced_names().count("Cancelled") == 1


@pytest.mark.parametrize("late", [created(), accepted(), PICKED_UP], ids=lambda each: type(each).__name__)
def test_a_cancelled_delivery_comes_to_life_by_nothing(late: Message) -> None:
    happen(make_available, created(), TICKET_CANCELLED, late)

    assert Delivery.objects.get().state == "CANCELLED"
    assert announced_names() == ["Cancelled"]


@pytest.mark.parametrize(
    "event", [created(), accepted(), PICKED_UP, TICKET_CANCELLED], ids=lambda each: type(each).__name__
)
def test_an_event_that_is_delivered_twice_counts_once(event: Message) -> None:
    happen(make_available, created(), accepted())
    envelope = arrive(event)
    before = announced()
    Delivery.objects.update(state="CHANGED BY HAND")

    arrive_again(event, envelope)

    assert Delivery.objects.get().state == "CHANGED BY HAND"
    assert announced() == before


@pytest.mark.parametrize("event", [created(), accepted(), PICKED_UP], ids=lambda each: type(each).__name__)
def test_an_event_that_is_told_again_by_a_snapshot_changes_nothing(event: Message) -> None:
    happen(make_available, created(), accepted(), PICKED_UP)
    before = Delivery.objects.values().get()

    arrive(event)

    assert Delivery.objects.values().get() == before
    assert announced_names() == ["Scheduled", "PickedUp"]


def test_a_delivery_of_the_largest_id_is_scheduled() -> None:
    largest = 2**63 - 1

    happen(lambda: make_available(largest), created(largest), accepted(largest))

    assert Delivery.objects.get(courier_id=largest).state == "SCHEDULED"


def test_choosing_a_courier_costs_the_same_among_many(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    happen(created(), *(lambda number=number: make_available(number) for number in range(1, 50)))

    with django_assert_max_num_queries(10):
        arrive(accepted())


def test_the_subscribers_have_stable_names() -> None:
    names = [table.subscriber for table in EVENTS]

    assert names == ["delivery.restaurants", "delivery.orders", "delivery.tickets"]
