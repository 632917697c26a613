"""The contract of the kitchen: its commands with their replies, and the events of tickets."""

from datetime import datetime

from postroad import (
    CommandChannel,
    Done,
    EventChannel,
    Message,
    NonEmpty,
    Positive,
    Text,
    command,
    event,
    refusal,
    reply,
)

KITCHEN = CommandChannel("kitchen", shards=4)
TICKETS = EventChannel("kitchen.Ticket", shards=4)


class TicketLine(Message):
    """One dish of a ticket."""

    menu_item_id: Text
    name: Text
    quantity: Positive


@reply("kitchen.TicketReserved")
class TicketReserved(Message):
    """The work is reserved; cooking starts only after it is confirmed."""

    ticket_id: int


@refusal("kitchen.TicketRefused")
class TicketRefused(Message):
    """The kitchen refuses.

    A new ticket: `unknown_restaurant`, `unknown_menu_item`, `too_many_portions`; a change of a ticket: `unknown_ticket`,
    `illegal_transition`.
    """

    reason: str


@command("kitchen.CreateTicket", on=KITCHEN, key="order_id", replies=(TicketReserved, TicketRefused))
class CreateTicket(Message):
    """Ask the kitchen to reserve the work of an order; the ticket has the order's id.

    Attributes:
        consumer_id: The consumer, who may see the ticket too; None from an older sender: only the kitchen sees it.
    """

    restaurant_id: Positive
    order_id: Positive
    line_items: NonEmpty[tuple[TicketLine, ...]]
    consumer_id: Positive | None = None


@command("kitchen.ConfirmCreateTicket", on=KITCHEN, key="ticket_id", replies=(Done, TicketRefused))
class ConfirmCreateTicket(Message):
    """Tell the kitchen that the order is approved."""

    ticket_id: Positive
    restaurant_id: Positive


@command("kitchen.CancelCreateTicket", on=KITCHEN, key="ticket_id", replies=(Done, TicketRefused))
class CancelCreateTicket(Message):
    """Ask the kitchen to cancel a reservation."""

    ticket_id: Positive
    restaurant_id: Positive


@command("kitchen.BeginCancelTicket", on=KITCHEN, key="ticket_id", replies=(Done, TicketRefused))
class BeginCancelTicket(Message):
    """Ask the kitchen to hold a ticket that may be cancelled; refused once cooking has started."""

    ticket_id: Positive
    restaurant_id: Positive


@command("kitchen.UndoBeginCancelTicket", on=KITCHEN, key="ticket_id", replies=(Done, TicketRefused))
class UndoBeginCancelTicket(Message):
    """Ask the kitchen to release a held ticket, which is not cancelled."""

    ticket_id: Positive
    restaurant_id: Positive


@command("kitchen.ConfirmCancelTicket", on=KITCHEN, key="ticket_id", replies=(Done, TicketRefused))
class ConfirmCancelTicket(Message):
    """Ask the kitchen to cancel a held ticket."""

    ticket_id: Positive
    restaurant_id: Positive


@command("kitchen.BeginReviseTicket", on=KITCHEN, key="ticket_id", replies=(Done, TicketRefused))
class BeginReviseTicket(Message):
    """Ask the kitchen to hold a ticket if it would cook these dishes instead; refused once cooking has started."""

    ticket_id: Positive
    restaurant_id: Positive
    revised_line_items: NonEmpty[tuple[TicketLine, ...]]


@command("kitchen.UndoBeginReviseTicket", on=KITCHEN, key="ticket_id", replies=(Done, TicketRefused))
class UndoBeginReviseTicket(Message):
    """Ask the kitchen to release a held ticket with its old dishes."""

    ticket_id: Positive
    restaurant_id: Positive


@command("kitchen.ConfirmReviseTicket", on=KITCHEN, key="ticket_id", replies=(Done, TicketRefused))
class ConfirmReviseTicket(Message):
    """Ask the kitchen to replace the dishes of a held ticket."""

    ticket_id: Positive
    restaurant_id: Positive
    revised_line_items: NonEmpty[tuple[TicketLine, ...]]


class TicketEvent(Message):
    """The fields of every event of a ticket."""

    ticket_id: Positive
    order_id: Positive


@event("kitchen.TicketCreated", of=TICKETS, key="ticket_id")
class TicketCreated(TicketEvent):
    """A ticket was confirmed and waits for the restaurant."""

    restaurant_id: Positive


@event("kitchen.TicketAccepted", of=TICKETS, key="ticket_id")
class TicketAccepted(TicketEvent):
    """The restaurant has accepted; the food is ready at this time."""

    ready_by: datetime


@event("kitchen.TicketPreparationStarted", of=TICKETS, key="ticket_id")
class TicketPreparationStarted(TicketEvent):
    """The restaurant has started to cook."""


@event("kitchen.TicketReadyForPickup", of=TICKETS, key="ticket_id")
class TicketReadyForPickup(TicketEvent):
    """The food can be picked up."""


@event("kitchen.TicketPickedUp", of=TICKETS, key="ticket_id")
class TicketPickedUp(TicketEvent):
    """A courier has the food."""


@event("kitchen.TicketCancelled", of=TICKETS, key="ticket_id")
class TicketCancelled(TicketEvent):
    """The ticket was cancelled."""


@event("kitchen.TicketRevised", of=TICKETS, key="ticket_id")
class TicketRevised(TicketEvent):
    """The dishes of the ticket were replaced."""

    line_items: NonEmpty[tuple[TicketLine, ...]]
