"""Command factories of the order's sagas: pure functions from saga data to a participant's command."""

from collections.abc import Iterable

from apps.accounting.messages import AuthorizeCharge, ReverseAuthorization, ReviseAuthorization
from apps.consumers.messages import ValidateOrderByConsumer
from apps.kitchen.messages import (
    BeginCancelTicket,
    BeginReviseTicket,
    CancelCreateTicket,
    ConfirmCancelTicket,
    ConfirmCreateTicket,
    ConfirmReviseTicket,
    CreateTicket,
    TicketLine,
    UndoBeginCancelTicket,
    UndoBeginReviseTicket,
)
from apps.orders.messages import LineItem
from postroad import Money, SagaData


class CreateOrderData(SagaData):
    """The data of the saga that creates an order.

    Attributes:
        ticket_id: The id from the kitchen's reply; 0 until then, which is never an id.
        rejection_reason: Why a participant refused; empty until one does.
    """

    order_id: int
    consumer_id: int
    restaurant_id: int
    line_items: tuple[LineItem, ...]
    order_total: Money
    ticket_id: int = 0
    rejection_reason: str = ""


def validate_order(data: CreateOrderData) -> ValidateOrderByConsumer:
    """Ask consumers whether this consumer may place an order of this total."""
    return ValidateOrderByConsumer(consumer_id=data.consumer_id, order_id=data.order_id, order_total=data.order_total)


def create_ticket(data: CreateOrderData) -> CreateTicket:
    """Ask the kitchen to reserve the work."""
    lines = _ticket_lines(data.line_items)
    return CreateTicket(
        restaurant_id=data.restaurant_id, order_id=data.order_id, line_items=lines, consumer_id=data.consumer_id
    )


def cancel_create_ticket(data: CreateOrderData) -> CancelCreateTicket:
    """Ask the kitchen to cancel the reservation."""
    return CancelCreateTicket(ticket_id=data.ticket_id, restaurant_id=data.restaurant_id)


def authorize_charge(data: CreateOrderData) -> AuthorizeCharge:
    """Ask accounting to authorise the consumer's card."""
    return AuthorizeCharge(consumer_id=data.consumer_id, order_id=data.order_id, order_total=data.order_total)


def confirm_create_ticket(data: CreateOrderData) -> ConfirmCreateTicket:
    """Tell the kitchen that the order is approved."""
    return ConfirmCreateTicket(ticket_id=data.ticket_id, restaurant_id=data.restaurant_id)


class ChangeOrderData(SagaData):
    """The data of every saga that changes an approved order; the ticket has the order's id.

    Attributes:
        refusal_reason: Why a participant refused; empty until one does.
    """

    order_id: int
    consumer_id: int
    restaurant_id: int
    refusal_reason: str = ""


class CancelOrderData(ChangeOrderData):
    """The data of the saga that cancels an order."""

    order_total: Money


def begin_cancel_ticket(data: CancelOrderData) -> BeginCancelTicket:
    """Ask the kitchen to hold the ticket."""
    return BeginCancelTicket(ticket_id=data.order_id, restaurant_id=data.restaurant_id)


def undo_begin_cancel_ticket(data: CancelOrderData) -> UndoBeginCancelTicket:
    """Ask the kitchen to release the ticket."""
    return UndoBeginCancelTicket(ticket_id=data.order_id, restaurant_id=data.restaurant_id)


def reverse_authorization(data: CancelOrderData) -> ReverseAuthorization:
    """Ask accounting to reverse the authorisation."""
    return ReverseAuthorization(consumer_id=data.consumer_id, order_id=data.order_id, order_total=data.order_total)


def confirm_cancel_ticket(data: CancelOrderData) -> ConfirmCancelTicket:
    """Ask the kitchen to cancel the ticket."""
    return ConfirmCancelTicket(ticket_id=data.order_id, restaurant_id=data.restaurant_id)


class ReviseOrderData(ChangeOrderData):
    """The data of the saga that revises an order.

    Attributes:
        revised_line_items: All lines that the order would have.
        revised_total: Their total.
    """

    revised_line_items: tuple[LineItem, ...]
    revised_total: Money


def begin_revise_ticket(data: ReviseOrderData) -> BeginReviseTicket:
    """Ask the kitchen to hold the ticket if it would accept these dishes."""
    lines = _ticket_lines(data.revised_line_items)
    return BeginReviseTicket(ticket_id=data.order_id, restaurant_id=data.restaurant_id, revised_line_items=lines)


def undo_begin_revise_ticket(data: ReviseOrderData) -> UndoBeginReviseTicket:
    """Ask the kitchen to release the ticket with its old dishes."""
    return UndoBeginReviseTicket(ticket_id=data.order_id, restaurant_id=data.restaurant_id)


def revise_authorization(data: ReviseOrderData) -> ReviseAuthorization:
    """Ask accounting to authorise the new total."""
    return ReviseAuthorization(consumer_id=data.consumer_id, order_id=data.order_id, order_total=data.revised_total)


def confirm_revise_ticket(data: ReviseOrderData) -> ConfirmReviseTicket:
    """Tell the kitchen which dishes to cook."""
    lines = _ticket_lines(data.revised_line_items)
    return ConfirmReviseTicket(ticket_id=data.order_id, restaurant_id=data.restaurant_id, revised_line_items=lines)


def _ticket_lines(items: Iterable[LineItem]) -> tuple[TicketLine, ...]:
    return tuple(TicketLine(menu_item_id=item.menu_item_id, name=item.name, quantity=item.quantity) for item in items)
