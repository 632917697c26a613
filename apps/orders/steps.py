"""The local steps and compensations of an order's sagas, each inside the transaction that moves the saga."""

from apps.orders import event_factories
from apps.orders.messages import (
    OrderAuthorized,
    OrderCancellationRejected,
    OrderCancelled,
    OrderRejected,
    OrderRevised,
    OrderRevisionRejected,
)
from apps.orders.models import Order
from apps.orders.participants import CancelOrderData, CreateOrderData, ReviseOrderData
from postroad import publish

UNNAMED_REASON = "not_agreed"  # a participant could not read its command, or an operator ended the saga


def approve_order(data: CreateOrderData) -> None:
    """End of the saga: the order is approved."""
    order = Order.objects.lock(data.order_id)
    order.approve()
    publish(OrderAuthorized(order_id=order.pk))


def reject_order(data: CreateOrderData) -> None:
    """Compensation: a participant has refused, so the order is rejected."""
    order = Order.objects.lock(data.order_id)
    order.reject(data.rejection_reason or UNNAMED_REASON)
    publish(OrderRejected(order_id=order.pk, reason=order.rejection_reason))


def undo_begin_cancel_order(data: CancelOrderData) -> None:
    """Compensation: a participant has refused to cancel, so the order stays approved."""
    reason = data.refusal_reason or UNNAMED_REASON
    Order.objects.lock(data.order_id).undo_begin_cancel(reason)
    publish(OrderCancellationRejected(order_id=data.order_id, reason=reason))


def confirm_cancel_order(data: CancelOrderData) -> None:
    """End of the saga: the order is cancelled."""
    Order.objects.lock(data.order_id).confirm_cancel()
    publish(OrderCancelled(order_id=data.order_id))


def undo_begin_revise_order(data: ReviseOrderData) -> None:
    """Compensation: a participant has refused the revision, so the order stays unchanged."""
    reason = data.refusal_reason or UNNAMED_REASON
    Order.objects.lock(data.order_id).undo_begin_revise(reason)
    publish(OrderRevisionRejected(order_id=data.order_id, reason=reason))


def confirm_revise_order(data: ReviseOrderData) -> None:
    """End of the saga: the order is revised as proposed."""
    order = Order.objects.lock(data.order_id)
    order.confirm_revise()
    publish(
        OrderRevised(
            order_id=order.pk, line_items=event_factories.line_items(order.lines), order_total=order.order_total
        )
    )
