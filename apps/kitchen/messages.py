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
    """The work is reserved; nothing is cooked before it is confirmed."""

    ticket_id: int


@refusal("kitchen.TicketRefused")
class TicketRefused(Message):
    """The kitchen refuses.

    To a new ticket: `unknown_restaurant`, `unknown_menu_item`, `too_many_portions`; to what is asked of a ticket:
    `unknown_ticket`, `illegal_transition`.
    """

    reason: str


@command("kitchen.CreateTicket", on=KITCHEN, key="order_id", replies=(TicketReserved, TicketRefused))
class CreateTicket(Message):
    """Ask the kitchen to reserve the work of an order; the ticket has the order's id.

    Attributes:
        consumer_id: Who may look at the ticket besides the kitchen; None: nobody, as an older sender does not say.
    """

    restaurant_id: Positive
    order_id: Positive
    line_items: NonEmpty[tuple[TicketLine, ...]]
    consumer_id: Positive | None = None


@command("kitchen.ConfirmCreateTicket", on=KITCHEN, key="ticket_id", replies=(Done, TicketRefused))
class ConfirmCreateTicket(Message):
    """Tell the kitchen that the order stands."""

    ticket_id: Positive
    restaurant_id: Positive


@command("kitchen.CancelCreateTicket", on=KITCHEN, key="ticket_id", replies=(Done, TicketRefused))
class CancelCreateTicket(Message):
    """Take a reservation back."""

    ticket_id: Positive
    restaurant_id: Positive


@command("kitchen.BeginCancelTicket", on=KITCHEN, key="ticket_id", replies=(Done, TicketRefused))
class BeginCancelTicket(Message):
    """Ask the kitchen to hold a ticket that may be cancelled; refused once somebody cooks."""

    ticket_id: Positive
    restaurant_id: Positive


@command("kitchen.UndoBeginCancelTicket", on=KITCHEN, key="ticket_id", replies=(Done, TicketRefused))
class UndoBeginCancelTicket(Message):
    """Tell the kitchen that the ticket stands after all."""

    ticket_id: Positive
    restaurant_id: Positive


@command("kitchen.ConfirmCancelTicket", on=KITCHEN, key="ticket_id", replies=(Done, TicketRefused))
class ConfirmCancelTicket(Message):
    """Tell the kitchen to forget a ticket that it holds."""

    ticket_id: Positive
    restaurant_id: Positive


@command("kitchen.BeginReviseTicket", on=KITCHEN, key="ticket_id", replies=(Done, TicketRefused))
class BeginReviseTicket(Message):
    """Ask the kitchen to hold a ticket, and whether it would cook these dishes instead; refused once somebody cooks."""

    ticket_id: Positive
    restaurant_id: Positive
    revised_line_items: NonEmpty[tuple[TicketLine, ...]]


@command("kitchen.UndoBeginReviseTicket", on=KITCHEN, key="ticket_id", replies=(Done, TicketRefused))
class UndoBeginReviseTicket(Message):
    """Tell the kitchen that the dishes stay what they were."""

    ticket_id: Positive
    restaurant_id: Positive


@command("kitchen.ConfirmReviseTicket", on=KITCHEN, key="ticket_id", replies=(Done, TicketRefused))
class ConfirmReviseTicket(Message):
    """Tell the kitchen which dishes a ticket that it holds has now."""

    ticket_id: Positive
    restaurant_id: Positive
    revised_line_items: NonEmpty[tuple[TicketLine, ...]]


class TicketEvent(Message):
    """What all events of a ticket tell."""

    ticket_id: Positive
    order_id: Positive


@event("kitchen.TicketCreated", of=TICKETS, key="ticket_id")
class TicketCreated(TicketEvent):
    """A ticket was confirmed and waits for the restaurant."""

    restaurant_id: Positive


@event("kitchen.TicketAccepted", of=TICKETS, key="ticket_id")
class TicketAccepted(TicketEvent):
    """The restaurant will have it ready by the given moment."""

    ready_by: datetime


@event("kitchen.TicketPreparationStarted", of=TICKETS, key="ticket_id")
class TicketPreparationStarted(TicketEvent):
    """The restaurant cooks."""


@event("kitchen.TicketReadyForPickup", of=TICKETS, key="ticket_id")
class TicketReadyForPickup(TicketEvent):
    """The food can be picked up."""


@event("kitchen.TicketPickedUp", of=TICKETS, key="ticket_id")
class TicketPickedUp(TicketEvent):
    """A courier has the food."""


@event("kitchen.TicketCancelled", of=TICKETS, key="ticket_id")
class TicketCancelled(TicketEvent):
    """Nothing will be cooked."""


@event("kitchen.TicketRevised", of=TICKETS, key="ticket_id")
class TicketRevised(TicketEvent):
    """Other dishes will be cooked."""

    line_items: NonEmpty[tuple[TicketLine, ...]]
