"""What order_history can do: store what the events say, and find orders.

An event is handled in the transaction that records it in the inbox.  The events of one aggregate arrive in order; those
of an order, its ticket and its delivery in any order.
"""

from dataclasses import dataclass

from apps.delivery.messages import DeliveryCancelled, DeliveryDelivered, DeliveryPickedUp, DeliveryScheduled
from apps.kitchen.messages import (
    TicketAccepted,
    TicketCancelled,
    TicketCreated,
    TicketPickedUp,
    TicketPreparationStarted,
    TicketReadyForPickup,
)
from apps.order_history.domain import DeliveryState, OrderFilter, OrderStatus, Position, TicketState, keywords_of
from apps.order_history.models import OrderView
from apps.orders.messages import (
    OrderAuthorized,
    OrderCancellationProposed,
    OrderCancellationRejected,
    OrderCancelled,
    OrderCreated,
    OrderRejected,
    OrderRevised,
    OrderRevisionProposed,
    OrderRevisionRejected,
)
from apps.shared.identity.scope import own
from apps.shared.refusals import not_found
from postroad import current

PAGE_SIZE = 20  # orders of one answer: a screen of a telephone, twice


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Orders, newest first; `end` is where the next page begins, None on the last one."""

    orders: tuple[OrderView, ...]
    end: Position | None


def find_orders(wanted: OrderFilter, *, maximum: int = PAGE_SIZE) -> Page:
    """Return at most `maximum` of the caller's orders; one statement."""
    found = tuple(own(OrderView.objects.listed(wanted))[: maximum + 1])
    orders = found[:maximum]
    return Page(orders=orders, end=orders[-1].position if len(found) > maximum else None)


def find_order(order_id: int) -> OrderView:
    """Return an order.

    Raises:
        BusinessRefusal: `not_found`: it does not exist, its event has not arrived yet, or it belongs to another consumer.
    """
    view = own(OrderView.objects.known()).filter(pk=order_id).first()
    if view is None:
        raise not_found("order", order_id)
    return view


def keep_order(event: OrderCreated) -> None:
    """Store a new order; it is listed from now on."""
    view = OrderView.objects.lock_or_add(event.order_id)
    if not view.notes_order_event(current().message_id):
        return
    view.consumer_id = event.consumer_id
    view.status = OrderStatus.APPROVAL_PENDING.value
    view.restaurant_id = event.restaurant_id
    view.restaurant_name = event.restaurant_name
    view.order_total = event.order_total
    view.creation_time = event.created_at
    view.keywords = keywords_of(event.restaurant_name, dishes=(line.name for line in event.line_items))
    view.save()


def keep_authorization(event: OrderAuthorized) -> None:
    """Show the order as approved."""
    _keep_status(event.order_id, OrderStatus.APPROVED)


def keep_rejection(event: OrderRejected) -> None:
    """Show the order as rejected, with the reason."""
    _keep_status(event.order_id, OrderStatus.REJECTED, reason=event.reason)


def keep_proposed_cancellation(event: OrderCancellationProposed) -> None:
    """Show that a cancellation is pending."""
    _keep_status(event.order_id, OrderStatus.CANCEL_PENDING)


def keep_rejected_cancellation(event: OrderCancellationRejected) -> None:
    """Show the order as approved: the cancellation was refused."""
    _keep_status(event.order_id, OrderStatus.APPROVED)


def keep_rejected_revision(event: OrderRevisionRejected) -> None:
    """Show the order as approved: the revision was refused."""
    _keep_status(event.order_id, OrderStatus.APPROVED)


def keep_cancellation(event: OrderCancelled) -> None:
    """Show the order as cancelled."""
    _keep_status(event.order_id, OrderStatus.CANCELLED)


def keep_proposed_revision(event: OrderRevisionProposed) -> None:
    """Show that a revision is pending; the old total and dishes are shown until it is accepted."""
    _keep_status(event.order_id, OrderStatus.REVISION_PENDING)


def keep_revision(event: OrderRevised) -> None:
    """Show the revised dishes and total."""
    view = OrderView.objects.lock_or_add(event.order_id)
    if not view.notes_order_event(current().message_id):
        return
    view.status = OrderStatus.APPROVED.value
    view.order_total = event.order_total
    view.keywords = keywords_of(view.restaurant_name, dishes=(line.name for line in event.line_items))
    view.save()


def keep_ticket(event: TicketCreated) -> None:
    """Show that the ticket was confirmed."""
    _keep_ticket_state(event.order_id, TicketState.AWAITING_ACCEPTANCE)


def keep_acceptance(event: TicketAccepted) -> None:
    """Show that the restaurant has accepted the ticket."""
    _keep_ticket_state(event.order_id, TicketState.ACCEPTED)


def keep_preparation(event: TicketPreparationStarted) -> None:
    """Show that the restaurant cooks."""
    _keep_ticket_state(event.order_id, TicketState.PREPARING)


def keep_readiness(event: TicketReadyForPickup) -> None:
    """Show that the food waits for a courier."""
    _keep_ticket_state(event.order_id, TicketState.READY_FOR_PICKUP)


def keep_pickup(event: TicketPickedUp) -> None:
    """Show that the kitchen has handed the food to a courier."""
    _keep_ticket_state(event.order_id, TicketState.PICKED_UP)


def keep_cancelled_ticket(event: TicketCancelled) -> None:
    """Show that the ticket was cancelled."""
    _keep_ticket_state(event.order_id, TicketState.CANCELLED)


def keep_scheduled_delivery(event: DeliveryScheduled) -> None:
    """Show that a courier was found."""
    _keep_delivery_state(event.order_id, DeliveryState.SCHEDULED)


def keep_picked_up_delivery(event: DeliveryPickedUp) -> None:
    """Show that the courier has the food."""
    _keep_delivery_state(event.order_id, DeliveryState.PICKED_UP)


def keep_delivered_delivery(event: DeliveryDelivered) -> None:
    """Show that the consumer has the food."""
    _keep_delivery_state(event.order_id, DeliveryState.DELIVERED)


def keep_cancelled_delivery(event: DeliveryCancelled) -> None:
    """Show that the delivery was cancelled."""
    _keep_delivery_state(event.order_id, DeliveryState.CANCELLED)


def _keep_status(order_id: int, status: OrderStatus, *, reason: str = "") -> None:
    """Store the status on a stub if the order's first event was lost; a later snapshot adds the rest."""
    view = OrderView.objects.lock_or_add(order_id)
    if view.notes_order_event(current().message_id):
        view.status, view.rejection_reason = status.value, reason
        view.save()


def _keep_ticket_state(order_id: int, state: TicketState) -> None:
    view = OrderView.objects.lock_or_add(order_id)
    if view.notes_ticket_event(current().message_id):
        view.ticket_state = state.value
        view.save()


def _keep_delivery_state(order_id: int, state: DeliveryState) -> None:
    view = OrderView.objects.lock_or_add(order_id)
    if view.notes_delivery_event(current().message_id):
        view.delivery_state = state.value
        view.save()
