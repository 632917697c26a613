"""The saga that cancels an approved order, or leaves it approved ("Cancel Order Saga", Microservices Patterns)."""

from apps.accounting.messages import ChargeRefused
from apps.kitchen.messages import TicketRefused
from apps.orders.participants import (
    CancelOrderData,
    begin_cancel_ticket,
    confirm_cancel_ticket,
    reverse_authorization,
    undo_begin_cancel_ticket,
)
from apps.orders.sagas.refusals import if_refused
from apps.orders.steps import confirm_cancel_order, undo_begin_cancel_order
from postroad import Saga, Step

# fmt: off
cancel_order = Saga(
    "orders.CancelOrder", version=1, data=CancelOrderData, key="order_id", steps=[
        #    name              does                       undone by
        Step("order",                                     undo=undo_begin_cancel_order),
        Step("ticket",         do=begin_cancel_ticket,    undo=undo_begin_cancel_ticket, on=if_refused(TicketRefused)),
        Step("charge",         do=reverse_authorization,  pivot=True,                    on=if_refused(ChargeRefused)),
        Step("confirm ticket", do=confirm_cancel_ticket),  # after the pivot: retried until it succeeds
        Step("confirm",        do=confirm_cancel_order),
    ],
)
# fmt: on
