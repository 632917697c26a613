"""What each participant of an order's sagas is asked: pure functions, saga data → command.  Not: in which order."""

from apps.accounting.messages import AuthorizeCharge
from apps.consumers.messages import ValidateOrderByConsumer
from apps.kitchen.messages import CancelCreateTicket, ConfirmCreateTicket, CreateTicket, TicketLine
from apps.orders.messages import LineItem
from postroad.codecs.types import Money
from postroad.sagas.steps import SagaData


class CreateOrderData(SagaData):
    """What creating an order has to remember.

    Attributes:
        ticket_id: The kitchen's answer; 0 until then, which no participant takes for an id.
        rejection_reason: Why somebody refused; empty while nobody has.
    """

    order_id: int
    consumer_id: int
    restaurant_id: int
    line_items: tuple[LineItem, ...]
    order_total: Money
    ticket_id: int = 0
    rejection_reason: str = ""


def validate_order(data: CreateOrderData) -> ValidateOrderByConsumer:
    """Ask consumers whether this consumer may order for so much."""
    return ValidateOrderByConsumer(consumer_id=data.consumer_id, order_id=data.order_id, order_total=data.order_total)


def create_ticket(data: CreateOrderData) -> CreateTicket:
    """Ask the kitchen to reserve the work."""
    lines = tuple(
        TicketLine(menu_item_id=item.menu_item_id, name=item.name, quantity=item.quantity) for item in data.line_items
    )
    return CreateTicket(restaurant_id=data.restaurant_id, order_id=data.order_id, line_items=lines)


def cancel_create_ticket(data: CreateOrderData) -> CancelCreateTicket:
    """Ask the kitchen to forget the reservation."""
    return CancelCreateTicket(ticket_id=data.ticket_id, restaurant_id=data.restaurant_id)


def authorize_charge(data: CreateOrderData) -> AuthorizeCharge:
    """Ask accounting to authorise the consumer's card."""
    return AuthorizeCharge(consumer_id=data.consumer_id, order_id=data.order_id, order_total=data.order_total)


def confirm_create_ticket(data: CreateOrderData) -> ConfirmCreateTicket:
    """Tell the kitchen that the order stands."""
    return ConfirmCreateTicket(ticket_id=data.ticket_id, restaurant_id=data.restaurant_id)
