"""The saga that gives an approved order other quantities, or leaves it as it was.

Source: "Revise Order Saga", Microservices Patterns, ch. 4.
"""

from msgspec.structs import replace

from apps.accounting.messages import ChargeRefused
from apps.kitchen.messages import TicketRefused
from apps.orders.participants import (
    ReviseOrderData,
    begin_revise_ticket,
    confirm_revise_ticket,
    revise_authorization,
    undo_begin_revise_ticket,
)
from apps.orders.steps import confirm_revise_order, undo_begin_revise_order
from postroad import Rejected, Saga, Step


def remember_reason(data: ReviseOrderData, reply: TicketRefused | ChargeRefused | Rejected) -> ReviseOrderData:
    """Keep the participant's reason: the order shows why it was not revised."""
    return replace(data, refusal_reason=reply.reason)


# fmt: off
revise_order = Saga(
    "orders.ReviseOrder", version=1, data=ReviseOrderData, key="order_id",
    steps=[
        #    name               does                         undone by
        Step("order",                                        undo=undo_begin_revise_order),
        Step("ticket",          do=begin_revise_ticket,      undo=undo_begin_revise_ticket,
             on={TicketRefused: remember_reason, Rejected: remember_reason}),
        Step("charge",          do=revise_authorization,     pivot=True,
             on={ChargeRefused: remember_reason, Rejected: remember_reason}),
        Step("confirm ticket",  do=confirm_revise_ticket),  # after the pivot: retried until it succeeds
        Step("confirm",         do=confirm_revise_order),
    ],
)
# fmt: on
