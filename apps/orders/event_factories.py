"""Event factories: build an order's events from its current state."""

from collections.abc import Iterable
from dataclasses import asdict

from apps.orders.domain import OrderLine, OrderState
from apps.orders.messages import (
    Address,
    LineItem,
    OrderAuthorized,
    OrderCancellationProposed,
    OrderCancelled,
    OrderCreated,
    OrderRejected,
    OrderRevisionProposed,
)
from apps.orders.models import Order
from postroad import Message


def created(order: Order) -> OrderCreated:
    """Return the event of a new order."""
    return OrderCreated(
        order_id=order.pk,
        consumer_id=order.consumer_id,
        restaurant_id=order.restaurant_id,
        restaurant_name=order.restaurant_name,
        line_items=line_items(order.lines),
        order_total=order.order_total,
        delivery_address=Address(**asdict(order.address)),
        delivery_time=order.delivery_time,
        created_at=order.created_at,
    )


def outcome(order: Order) -> tuple[Message, ...]:
    """Return the events that were published after it, up to the present state."""
    approved = OrderAuthorized(order_id=order.pk)
    match OrderState(order.state):
        case OrderState.APPROVAL_PENDING:
            return ()
        case OrderState.REJECTED:
            return (OrderRejected(order_id=order.pk, reason=order.rejection_reason),)
        case OrderState.APPROVED:
            return (approved,)
        case OrderState.CANCEL_PENDING:
            return approved, OrderCancellationProposed(order_id=order.pk)
        case OrderState.CANCELLED:
            return approved, OrderCancelled(order_id=order.pk)
        case OrderState.REVISION_PENDING:
            return approved, proposed(order)


def proposed(order: Order) -> OrderRevisionProposed:
    """Return the event of the pending revision.

    Raises:
        ValueError: None is pending.
    """
    revision = order.revision
    if revision is None:
        raise ValueError(f"order {order.pk} has no proposed revision in state {order.state}.")
    return OrderRevisionProposed(
        order_id=order.pk,
        line_items=line_items(revision.lines),
        current_order_total=order.order_total,
        new_order_total=revision.total,
    )


def line_items(lines: Iterable[OrderLine]) -> tuple[LineItem, ...]:
    """Return the lines as parts of messages."""
    return tuple(LineItem(**asdict(line)) for line in lines)
