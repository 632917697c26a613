"""Which courier gets which delivery."""

import pytest

from apps.delivery.models import MAX_SHOWN, Courier, Delivery
from tests.apps.delivery.events import (
    AJANTA,
    HOUR,
    PICKED_UP,
    SIX,
    STREET,
    TICKET_CANCELLED,
    VIEW,
    accepted,
    announced,
    arrive,
    created,
    happen,
    make_available,
)

pytestmark = pytest.mark.django_db


def carriers() -> dict[int, int | None]:
    """The courier of each delivery."""
    return dict(Delivery.objects.values_list("pk", "courier_id"))


def test_of_equally_loaded_couriers_the_lowest_id_is_chosen() -> None:
    happen(lambda: make_available(3), lambda: make_available(2), created(), accepted())

    assert carriers() == {99: 2}


def test_the_least_loaded_courier_is_chosen() -> None:
    happen(lambda: make_available(1), lambda: make_available(2))

    happen(created(10), accepted(10), created(11), accepted(11), created(12), accepted(12))

    assert carriers() == {10: 1, 11: 2, 12: 1}


def test_a_cancelled_delivery_is_no_load() -> None:
    happen(lambda: make_available(1), lambda: make_available(2), created(), accepted(), TICKET_CANCELLED)

    happen(created(10), accepted(10))

    assert carriers() == {99: None, 10: 1}


def test_a_load_is_the_number_of_deliveries_that_are_scheduled() -> None:
    happen(make_available, created(10), accepted(10), created(11), accepted(11))

    happen(created(), accepted(), TICKET_CANCELLED)

    assert Courier.objects.get().load == Delivery.objects.filter(state="SCHEDULED").count() == 2


def test_a_courier_who_is_not_available_is_not_chosen() -> None:
    happen(make_available, lambda: make_available(1, available=False), created(), accepted())

    assert carriers() == {99: None}
    assert Delivery.objects.get().state == "PENDING"
    assert announced() == []


def test_a_courier_who_becomes_unavailable_keeps_what_he_has() -> None:
    happen(make_available, created(), accepted(), lambda: make_available(1, available=False))

    assert carriers() == {99: 1}
    assert Courier.objects.get().load == 1


def test_whoever_becomes_available_gets_all_that_waits_the_most_urgent_first() -> None:
    happen(created(10), accepted(10, ready_by=SIX + HOUR), created(11), accepted(11, ready_by=SIX), created(12))

    make_available()

    assert carriers() == {10: 1, 11: 1, 12: None}
    assert [event["deliveryId"] for _, event in announced()] == [11, 10]


def test_what_was_cancelled_does_not_wait() -> None:
    happen(created(), accepted(), TICKET_CANCELLED)

    make_available()

    assert carriers() == {99: None}


def test_what_was_given_once_is_not_given_again() -> None:
    happen(make_available, created(), accepted())

    happen(lambda: make_available(2), make_available)

    assert carriers() == {99: 1}
    assert len(announced()) == 1


def test_a_courier_has_to_pick_up_and_to_bring_in_order_of_time() -> None:
    happen(AJANTA, make_available, created(10), accepted(10), created(11), accepted(11, ready_by=SIX + HOUR / 4))

    actions = Courier.objects.get().actions

    assert [(action.delivery_id, action.type) for action in actions] == [
        (10, "PICKUP"),
        (11, "PICKUP"),
        (10, "DROPOFF"),
        (11, "DROPOFF"),
    ]
    assert [actions[0].address, actions[2].address] == [STREET, VIEW]


def test_a_restaurant_may_become_known_last() -> None:
    happen(make_available, created(), accepted())
    assert Courier.objects.get().actions[0].address is None

    arrive(AJANTA)

    assert Courier.objects.get().actions[0].address == STREET


def test_what_is_picked_up_is_only_to_be_brought() -> None:
    happen(make_available, created(), accepted(), PICKED_UP)

    assert [action.type for action in Courier.objects.get().actions] == ["DROPOFF"]


def test_a_cancelled_delivery_is_nothing_to_do() -> None:
    happen(make_available, created(), accepted(), TICKET_CANCELLED)

    assert Courier.objects.get().actions == ()


def test_no_more_than_the_next_deliveries_are_shown() -> None:
    orders = range(1, MAX_SHOWN + 2)
    happen(make_available, *(event for order in orders for event in (created(order), accepted(order))))

    courier = Courier.objects.get()

    assert (courier.load, len(courier.actions)) == (MAX_SHOWN + 1, 2 * MAX_SHOWN)
