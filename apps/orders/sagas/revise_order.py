"""The saga that gives an approved order other quantities ("Revise Order Saga", Microservices Patterns)."""

from apps.accounting.messages import ChargeRefused
from apps.kitchen.messages import TicketRefused
from apps.orders.participants import (
    ReviseOrderData,
    begin_revise_ticket,
    confirm_revise_ticket,
    revise_authorization,
    undo_begin_revise_ticket,
)
from apps.orders.sagas.refusals import if_refused
from apps.orders.steps import confirm_revise_order, undo_begin_revise_order
from postroad import Saga, Step

# fmt: off
revise_order = Saga(
    "orders.ReviseOrder", version=1, data=ReviseOrderData, key="order_id", steps=[
        #    name              does                       undone by
        Step("order",                                     undo=undo_begin_revise_order),
        Step("ticket",         do=begin_revise_ticket,    undo=undo_begin_revise_ticket, on=if_refused(TicketRefused)),
        Step("charge",         do=revise_authorization,   pivot=True,                    on=if_refused(ChargeRefused)),
        Step("confirm ticket", do=confirm_revise_ticket),  # after the pivot: retried until it succeeds
        Step("confirm",        do=confirm_revise_order),
    ],
)
# fmt: on
