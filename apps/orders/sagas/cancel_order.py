"""The saga that cancels an approved order, or leaves it approved if a participant refuses.

Source: "Cancel Order Saga", Microservices Patterns, ch. 4.
"""

from msgspec.structs import replace

from apps.accounting.messages import ChargeRefused
from apps.kitchen.messages import TicketRefused
from apps.orders.participants import (
    CancelOrderData,
    begin_cancel_ticket,
    confirm_cancel_ticket,
    reverse_authorization,
    undo_begin_cancel_ticket,
)
from apps.orders.steps import confirm_cancel_order, undo_begin_cancel_order
from postroad import Rejected, Saga, Step


def remember_reason(data: CancelOrderData, reply: TicketRefused | ChargeRefused | Rejected) -> CancelOrderData:
    """Keep the participant's reason: the order shows why it stands."""
    return replace(data, refusal_reason=reply.reason)


# fmt: off
cancel_order = Saga(
    "orders.CancelOrder", version=1, data=CancelOrderData, key="order_id",
    steps=[
        #    name               does                         undone by
        Step("order",                                        undo=undo_begin_cancel_order),
        Step("ticket",          do=begin_cancel_ticket,      undo=undo_begin_cancel_ticket,
             on={TicketRefused: remember_reason, Rejected: remember_reason}),
        Step("charge",          do=reverse_authorization,    pivot=True,
             on={ChargeRefused: remember_reason, Rejected: remember_reason}),
        Step("confirm ticket",  do=confirm_cancel_ticket),  # after the pivot: retried until it succeeds
        Step("confirm",         do=confirm_cancel_order),
    ],
)
# fmt: on
