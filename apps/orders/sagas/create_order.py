"""The saga that turns a placed order into an approved or a rejected one.  Not: running it.

Source: "Create Order Saga", Microservices Patterns, ch. 4.
"""

from msgspec.structs import replace

from apps.accounting.messages import ChargeRefused
from apps.consumers.messages import OrderRefused
from apps.kitchen.messages import TicketRefused, TicketReserved
from apps.orders import participants
from apps.orders.participants import CreateOrderData
from postroad.commands.messages import Rejected
from postroad.sagas.definition import Saga
from postroad.sagas.steps import Step, command, local


def remember_ticket(data: CreateOrderData, reply: TicketReserved) -> CreateOrderData:
    """Keep the ticket's id: confirming and cancelling it need it."""
    return replace(data, ticket_id=reply.ticket_id)


def remember_refusal(
    data: CreateOrderData, reply: OrderRefused | TicketRefused | ChargeRefused | Rejected
) -> CreateOrderData:
    """Keep the participant's reason: the rejected order shows it."""
    return replace(data, rejection_reason=reply.reason)


create_order = Saga(
    "orders.CreateOrder",
    version=1,
    data=CreateOrderData,
    key="order_id",
    steps=[
        Step(
            "order",
            undo=local("reject_order"),
        ),
        Step(
            "consumer",
            do=command(participants.validate_order_by_consumer),
            on={OrderRefused: remember_refusal, Rejected: remember_refusal},
        ),
        Step(
            "ticket",
            do=command(participants.create_ticket),
            undo=command(participants.cancel_create_ticket),
            on={TicketReserved: remember_ticket, TicketRefused: remember_refusal, Rejected: remember_refusal},
        ),
        Step(
            "charge",
            do=command(participants.authorize_charge),
            on={ChargeRefused: remember_refusal, Rejected: remember_refusal},
            pivot=True,
        ),
        Step(
            "confirm ticket",
            do=command(participants.confirm_create_ticket),
        ),
        Step(
            "approve",
            do=local("approve_order"),
        ),
    ],
)
