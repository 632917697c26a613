"""What order_history keeps of the events of orders, tickets and deliveries."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.delivery.messages import DeliveryCancelled, DeliveryDelivered, DeliveryPickedUp, DeliveryScheduled
from apps.kitchen.messages import (
    TicketAccepted,
    TicketCancelled,
    TicketCreated,
    TicketPickedUp,
    TicketPreparationStarted,
    TicketReadyForPickup,
)
from apps.order_history import usecases
from apps.order_history.handlers import EVENTS
from apps.order_history.models import OrderView
from apps.orders.messages import (
    LineItem,
    OrderAuthorized,
    OrderCancelled,
    OrderRejected,
    OrderRevised,
    OrderRevisionProposed,
)
from postroad import Message
from postroad.ids import new_id
from tests.apps.order_history.events import NAAN, NOON, VINDALOO, deliver, order_created

pytestmark = pytest.mark.django_db

READY_BY = datetime(2030, 1, 2, 18, tzinfo=UTC)
SAAG = LineItem(menu_item_id="3", name="Saag Paneer", price=Decimal("9.00"), quantity=3)
APPROVED = OrderAuthorized(order_id=99)
PROPOSED = OrderRevisionProposed(
    order_id=99, line_items=(SAAG,), current_order_total=Decimal("25.18"), new_order_total=Decimal("27.00")
)
REVISED = OrderRevised(order_id=99, line_items=(SAAG,), order_total=Decimal("27.00"))
ACCEPTED = TicketAccepted(ticket_id=99, order_id=99, ready_by=READY_BY)
SCHEDULED = DeliveryScheduled(
    delivery_id=99, order_id=99, courier_id=1, pickup_time=READY_BY, dropoff_time=READY_BY + timedelta(minutes=30)
)
DELIVERY_CANCELLED = DeliveryCancelled(delivery_id=99, order_id=99)


def handle(event: Message, *, event_id: str = "") -> str:
    """Deliver an event to the use-case that the tables name for it."""
    handlers = {message: handler for table in EVENTS for message, handler in table.handlers.items()}
    return deliver(handlers[type(event)], event, event_id=event_id)


def test_a_new_order_is_kept_with_all_that_is_shown(order: int) -> None:
    view = OrderView.objects.get()

    assert (view.order_id, view.consumer_id, view.restaurant_id) == (99, 5, 7)
    assert (view.status, view.rejection_reason, view.ticket_state) == ("APPROVAL_PENDING", "", "")
    assert (view.restaurant_name, view.order_total, view.creation_time) == ("Ajanta", Decimal("25.18"), NOON)
    assert view.keywords == "ajanta\nchicken vindaloo\nnaan"


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (APPROVED, "APPROVED"),
        (OrderRejected(order_id=99, reason="account_disabled"), "REJECTED"),
        (OrderCancelled(order_id=99), "CANCELLED"),
        (PROPOSED, "REVISION_PENDING"),
        (REVISED, "APPROVED"),
    ],
)
def test_an_event_of_the_order_changes_its_status(order: int, event: Message, status: str) -> None:
    handle(event)

    assert OrderView.objects.get().status == status


def test_a_rejected_order_keeps_the_reason(order: int) -> None:
    handle(OrderRejected(order_id=99, reason="account_disabled"))

    assert OrderView.objects.get().rejection_reason == "account_disabled"


def test_a_proposed_revision_keeps_total_and_keywords(order: int) -> None:
    handle(PROPOSED)

    view = OrderView.objects.get()
    assert (view.order_total, view.keywords) == (Decimal("25.18"), "ajanta\nchicken vindaloo\nnaan")


def test_a_revised_order_has_the_new_total_and_is_found_by_the_new_dishes(order: int) -> None:
    handle(PROPOSED)
    handle(REVISED)

    view = OrderView.objects.get()
    assert (view.status, view.order_total) == ("APPROVED", Decimal("27.00"))
    assert view.keywords == "ajanta\nsaag paneer"


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (TicketCreated(ticket_id=99, order_id=99, restaurant_id=7), "AWAITING_ACCEPTANCE"),
        (ACCEPTED, "ACCEPTED"),
        (TicketPreparationStarted(ticket_id=99, order_id=99), "PREPARING"),
        (TicketReadyForPickup(ticket_id=99, order_id=99), "READY_FOR_PICKUP"),
        (TicketPickedUp(ticket_id=99, order_id=99), "PICKED_UP"),
        (TicketCancelled(ticket_id=99, order_id=99), "CANCELLED"),
    ],
)
def test_an_event_of_the_ticket_changes_its_state_only(order: int, event: Message, state: str) -> None:
    handle(event)

    view = OrderView.objects.get()
    assert (view.ticket_state, view.status) == (state, "APPROVAL_PENDING")


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (SCHEDULED, "SCHEDULED"),
        (DeliveryPickedUp(delivery_id=99, order_id=99, picked_up_at=READY_BY), "PICKED_UP"),
        (DeliveryDelivered(delivery_id=99, order_id=99, delivered_at=READY_BY), "DELIVERED"),
        (DELIVERY_CANCELLED, "CANCELLED"),
    ],
)
def test_an_event_of_the_delivery_changes_its_state_only(order: int, event: Message, state: str) -> None:
    handle(event)

    view = OrderView.objects.get()
    assert (view.delivery_state, view.ticket_state, view.status) == (state, "", "APPROVAL_PENDING")


def test_an_event_that_is_delivered_twice_changes_nothing_the_second_time(order: int) -> None:
    approved = handle(APPROVED)
    OrderView.objects.update(status="CHANGED BY HAND")

    handle(APPROVED, event_id=approved)

    assert OrderView.objects.get().status == "CHANGED BY HAND"


def test_an_older_event_of_the_order_is_ignored(order: int) -> None:
    older = new_id()
    cancelled = handle(OrderCancelled(order_id=99))

    handle(APPROVED, event_id=older)

    view = OrderView.objects.get()
    assert (view.status, view.last_order_event) == ("CANCELLED", cancelled)


def test_an_older_event_of_the_ticket_is_ignored(order: int) -> None:
    older = new_id()
    cancelled = handle(TicketCancelled(ticket_id=99, order_id=99))

    handle(ACCEPTED, event_id=older)

    view = OrderView.objects.get()
    assert (view.ticket_state, view.last_ticket_event) == ("CANCELLED", cancelled)


def test_an_older_event_of_the_delivery_is_ignored(order: int) -> None:
    older = new_id()
    cancelled = handle(DELIVERY_CANCELLED)

    handle(SCHEDULED, event_id=older)

    view = OrderView.objects.get()
    assert (view.delivery_state, view.last_delivery_event) == ("CANCELLED", cancelled)


def test_an_older_revision_is_ignored(order: int) -> None:
    older = new_id()
    handle(OrderCancelled(order_id=99))

    handle(REVISED, event_id=older)

    assert OrderView.objects.get().order_total == Decimal("25.18")


def test_a_repeated_first_event_does_not_take_the_order_back(db: None) -> None:
    created = handle(order_created())
    handle(APPROVED)

    handle(order_created(), event_id=created)

    assert OrderView.objects.get().status == "APPROVED"


def test_an_event_of_the_ticket_that_is_older_than_that_of_the_order_counts(order: int) -> None:
    older = new_id()
    handle(APPROVED)

    handle(ACCEPTED, event_id=older)

    view = OrderView.objects.get()
    assert (view.status, view.ticket_state) == ("APPROVED", "ACCEPTED")


def test_an_event_of_the_ticket_before_the_order_is_not_lost() -> None:
    created_id = new_id()
    handle(ACCEPTED)

    handle(order_created(), event_id=created_id)

    view = OrderView.objects.get()
    assert (view.status, view.ticket_state, view.creation_time) == ("APPROVAL_PENDING", "ACCEPTED", NOON)


def test_an_event_of_the_delivery_before_the_order_is_not_lost() -> None:
    created_id = new_id()
    handle(DELIVERY_CANCELLED)

    handle(order_created(), event_id=created_id)

    view = OrderView.objects.get()
    assert (view.status, view.delivery_state, view.creation_time) == ("APPROVAL_PENDING", "CANCELLED", NOON)


@pytest.mark.parametrize("event", [APPROVED, REVISED])
def test_an_order_that_was_lost_is_listed_again_when_its_snapshot_has_come(event: Message) -> None:
    handle(event)
    assert not OrderView.objects.known().exists()

    handle(order_created())
    assert OrderView.objects.known().get().status == "APPROVAL_PENDING"


def test_a_dish_that_is_ordered_twice_is_one_keyword() -> None:
    handle(order_created(line_items=(VINDALOO, NAAN, VINDALOO)))

    assert OrderView.objects.get().keywords == "ajanta\nchicken vindaloo\nnaan"


def test_an_event_of_a_known_order_costs_two_statements(
    order: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        handle(ACCEPTED)


def test_the_subscribers_have_stable_names() -> None:
    names = [table.subscriber for table in EVENTS]

    assert names == ["order_history.orders", "order_history.tickets", "order_history.deliveries"]


def test_all_sources_have_their_own_use_cases() -> None:
    assert usecases.keep_order in EVENTS[0].handlers.values()
    assert usecases.keep_ticket in EVENTS[1].handlers.values()
    assert usecases.keep_scheduled_delivery in EVENTS[2].handlers.values()
