"""The saga that turns a placed order into an approved or a rejected one.

Source: "Create Order Saga", Microservices Patterns, ch. 4.
"""

from msgspec.structs import replace

from apps.accounting.messages import ChargeRefused
from apps.consumers.messages import OrderRefused
from apps.kitchen.messages import TicketRefused, TicketReserved
from apps.orders.participants import (
    CreateOrderData,
    authorize_charge,
    cancel_create_ticket,
    confirm_create_ticket,
    create_ticket,
    validate_order,
)
from apps.orders.steps import approve_order, reject_order
from postroad import Rejected, Saga, Step


def remember_ticket(data: CreateOrderData, reply: TicketReserved) -> CreateOrderData:
    """Keep the ticket's id: confirming and cancelling it need it."""
    return replace(data, ticket_id=reply.ticket_id)


def remember_reason(
    data: CreateOrderData, reply: OrderRefused | TicketRefused | ChargeRefused | Rejected
) -> CreateOrderData:
    """Keep the participant's reason: the rejected order shows it."""
    return replace(data, rejection_reason=reply.reason)


# fmt: off
create_order = Saga(
    "orders.CreateOrder", version=1, data=CreateOrderData, key="order_id",
    steps=[
        #    name               does                         undone by
        Step("order",                                        undo=reject_order),
        Step("consumer",        do=validate_order,
             on={OrderRefused: remember_reason, Rejected: remember_reason}),
        Step("ticket",          do=create_ticket,            undo=cancel_create_ticket,
             on={TicketReserved: remember_ticket, TicketRefused: remember_reason, Rejected: remember_reason}),
        Step("charge",          do=authorize_charge,         pivot=True,
             on={ChargeRefused: remember_reason, Rejected: remember_reason}),
        Step("confirm ticket",  do=confirm_create_ticket),  # behind the pivot: sent again until it is done
        Step("approve",         do=approve_order),
    ],
)
# fmt: on
