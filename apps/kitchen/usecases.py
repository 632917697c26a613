"""What the kitchen can do, one function per verb, each inside the transaction that its caller opened."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.conf import settings

from apps.kitchen.domain import Portions, TicketState, reason_to_refuse
from apps.kitchen.messages import (
    BeginCancelTicket,
    BeginReviseTicket,
    CancelCreateTicket,
    ConfirmCancelTicket,
    ConfirmCreateTicket,
    ConfirmReviseTicket,
    CreateTicket,
    TicketAccepted,
    TicketCancelled,
    TicketCreated,
    TicketLine,
    TicketPickedUp,
    TicketPreparationStarted,
    TicketReadyForPickup,
    TicketRefused,
    TicketReserved,
    TicketRevised,
    UndoBeginCancelTicket,
    UndoBeginReviseTicket,
)
from apps.kitchen.models import Restaurant, Ticket
from apps.restaurants.messages import MenuRevised, RestaurantCreated
from apps.shared.identity.scope import own
from apps.shared.refusals import BusinessRefusal, not_found
from postroad import Done, Message, Snapshot, publish, refuse

LARGEST_TICKET_PORTIONS = 100  # default of the setting KITCHEN_LARGEST_TICKET_PORTIONS: the business's own figure


def create_ticket(command: CreateTicket) -> TicketReserved:
    """Reserve the work of an order; a repeated command finds the ticket and changes nothing.

    Raises:
        Refusal: `unknown_restaurant`, `unknown_menu_item` or `too_many_portions`.
    Concurrency: of two commands for one order at once, one fails at the primary key and finds the ticket when retried.
    """
    if Ticket.objects.filter(pk=command.order_id).exists():
        return TicketReserved(ticket_id=command.order_id)
    lines = _portions(command.line_items)
    restaurant = _check_menu(command.restaurant_id, lines)
    ticket = Ticket.reserve(command.order_id, restaurant=restaurant, lines=lines, consumer_id=command.consumer_id)
    return TicketReserved(ticket_id=ticket.pk)


def confirm_create_ticket(command: ConfirmCreateTicket) -> Done:
    """The order is approved: the restaurant may see the ticket; safe to repeat in every state.

    Raises:
        Refusal: `unknown_ticket`: nothing was reserved; `illegal_transition`: the reservation was cancelled.
    """
    ticket = _lock_asked(command.ticket_id)
    if not ticket.is_confirmed:
        _move(ticket.confirm_create)
        publish(TicketCreated(ticket_id=ticket.pk, order_id=ticket.order_id, restaurant_id=ticket.restaurant_id))
    return Done()


def cancel_create_ticket(command: CancelCreateTicket) -> Done:
    """Cancel a reservation; safe to repeat, and also if there is none.

    It publishes no event, because a ticket is published only when it is confirmed.

    Raises:
        Refusal: `illegal_transition`: the ticket was confirmed.
    """
    ticket = Ticket.objects.lock(command.ticket_id)
    if ticket is not None and not ticket.is_cancelled:
        _move(ticket.cancel_create)
    return Done()


def begin_cancel_ticket(command: BeginCancelTicket) -> Done:
    """Hold a ticket that may be cancelled; safe to repeat, as are the five functions below.

    Raises:
        Refusal: `unknown_ticket`, or `illegal_transition`: cooking has started, or another change is pending.
    """
    ticket = _lock_asked(command.ticket_id)
    if ticket.state not in (TicketState.CANCEL_PENDING, TicketState.CANCELLED):
        _move(ticket.begin_cancel)
    return Done()


def undo_begin_cancel_ticket(command: UndoBeginCancelTicket) -> Done:
    """Release a held ticket; refuses with `unknown_ticket`."""
    ticket = _lock_asked(command.ticket_id)
    if ticket.state == TicketState.CANCEL_PENDING:
        ticket.undo_begin_cancel()
    return Done()


def confirm_cancel_ticket(command: ConfirmCancelTicket) -> Done:
    """Cancel a held ticket; refuses with `unknown_ticket`, or `illegal_transition`: it is not held."""
    ticket = _lock_asked(command.ticket_id)
    if not ticket.is_cancelled:
        _move(ticket.confirm_cancel)
        publish(TicketCancelled(ticket_id=ticket.pk, order_id=ticket.order_id))
    return Done()


def begin_revise_ticket(command: BeginReviseTicket) -> Done:
    """Hold a ticket that may get other dishes, if the kitchen would accept them.

    Raises:
        Refusal: As `begin_cancel_ticket`, or `unknown_menu_item`, `too_many_portions`.
    """
    ticket = _lock_asked(command.ticket_id)
    if ticket.state != TicketState.REVISION_PENDING:
        _check_menu(ticket.restaurant_id, _portions(command.revised_line_items))
        _move(ticket.begin_revise)
    return Done()


def undo_begin_revise_ticket(command: UndoBeginReviseTicket) -> Done:
    """Release a held ticket with its old dishes; refuses with `unknown_ticket`."""
    ticket = _lock_asked(command.ticket_id)
    if ticket.state == TicketState.REVISION_PENDING:
        ticket.undo_begin_revise()
    return Done()


def confirm_revise_ticket(command: ConfirmReviseTicket) -> Done:
    """Replace the dishes of a held ticket; refuses with `unknown_ticket`, or `illegal_transition`: it is not held."""
    ticket, lines = _lock_asked(command.ticket_id), _portions(command.revised_line_items)
    if ticket.lines != lines or ticket.state == TicketState.REVISION_PENDING:
        _move(lambda: ticket.confirm_revise(lines))
        publish(TicketRevised(ticket_id=ticket.pk, order_id=ticket.order_id, line_items=command.revised_line_items))
    return Done()


def snapshots(after: str, maximum: int) -> list[Snapshot]:
    """Return snapshots of the next tickets, for rebuilding a view; their rows are locked.

    A ticket that was never confirmed has no events, because none was published.
    """
    found = Ticket.objects.filter(pk__gt=int(after or 0)).select_for_update().order_by("pk")[:maximum]
    return [Snapshot(key=str(ticket.pk), events=_announced(ticket)) for ticket in found]


def _announced(ticket: Ticket) -> tuple[Message, ...]:
    """Return what was published about a ticket, up to its present state."""
    if not ticket.is_confirmed:
        return ()
    ids = {"ticket_id": ticket.pk, "order_id": ticket.order_id}
    events: list[Message] = [TicketCreated(restaurant_id=ticket.restaurant_id, **ids)]
    if ticket.ready_by is not None:
        events.append(TicketAccepted(ready_by=ticket.ready_by, **ids))
    later = (TicketPreparationStarted, TicketReadyForPickup, TicketPickedUp)
    states = (TicketState.PREPARING, TicketState.READY_FOR_PICKUP, TicketState.PICKED_UP)
    reached = states.index(ticket.settled_state) + 1 if ticket.settled_state in states else 0
    end = (TicketCancelled(**ids),) if ticket.is_cancelled else ()
    return (*events, *(event(**ids) for event in later[:reached]), *end)


def _move(move: Callable[[], None]) -> None:
    """Change the state of a ticket for a command; a transition that the state forbids becomes a refusal."""
    try:
        move()
    except BusinessRefusal as refusal:
        refuse(TicketRefused(reason=refusal.code))


def accept_ticket(ticket_id: int, *, ready_by: datetime) -> Ticket:
    """Accept a ticket with the time when the food will be ready.

    Raises:
        BusinessRefusal: `not_found`, or `illegal_transition`. The three functions below raise it too.
    """
    ticket = lock_ticket(ticket_id)
    ticket.accept(ready_by)
    publish(TicketAccepted(ticket_id=ticket.pk, order_id=ticket.order_id, ready_by=ready_by))
    return ticket


def start_preparing(ticket_id: int) -> Ticket:
    """Record that the restaurant starts to cook."""
    ticket = lock_ticket(ticket_id)
    ticket.prepare()
    publish(TicketPreparationStarted(ticket_id=ticket.pk, order_id=ticket.order_id))
    return ticket


def finish_preparing(ticket_id: int) -> Ticket:
    """Record that the food is ready for pickup."""
    ticket = lock_ticket(ticket_id)
    ticket.finish()
    publish(TicketReadyForPickup(ticket_id=ticket.pk, order_id=ticket.order_id))
    return ticket


def pick_up_ticket(ticket_id: int) -> Ticket:
    """Record that a courier takes the food."""
    ticket = lock_ticket(ticket_id)
    ticket.pick_up()
    publish(TicketPickedUp(ticket_id=ticket.pk, order_id=ticket.order_id))
    return ticket


def find_ticket(ticket_id: int) -> Ticket:
    """Return a ticket.

    Raises:
        BusinessRefusal: `not_found`, also if the order belongs to another consumer.
    """
    ticket = own(Ticket.objects.all()).filter(pk=ticket_id).first()
    if ticket is None:
        raise not_found("ticket", ticket_id)
    return ticket


def lock_ticket(ticket_id: int) -> Ticket:
    """Like `find_ticket`, under a row lock, in the caller's transaction."""
    ticket = Ticket.objects.lock(ticket_id)
    if ticket is None:
        raise not_found("ticket", ticket_id)
    return ticket


def keep_restaurant(event: RestaurantCreated) -> None:
    """Keep a replica of a restaurant and its menu; safe to repeat."""
    Restaurant.keep(event.restaurant_id, name=event.name, menu=event.menu.menu_items)


def keep_menu(event: MenuRevised) -> None:
    """Keep a restaurant's new menu; safe to repeat."""
    Restaurant.keep_menu(event.restaurant_id, menu=event.menu.menu_items)


def _lock_asked(ticket_id: int) -> Ticket:
    ticket = Ticket.objects.lock(ticket_id)
    if ticket is None:
        refuse(TicketRefused(reason="unknown_ticket"))
    return ticket


def _portions(lines: Sequence[TicketLine]) -> tuple[Portions, ...]:
    return tuple(Portions(menu_item_id=line.menu_item_id, name=line.name, quantity=line.quantity) for line in lines)


def _check_menu(restaurant_id: int, lines: Sequence[Portions]) -> Restaurant:
    """Return the restaurant; refuse if it is unknown or would not cook these dishes."""
    restaurant = Restaurant.objects.filter(pk=restaurant_id).first()
    if restaurant is None:
        refuse(TicketRefused(reason="unknown_restaurant"))
    menu = restaurant.offered(line.menu_item_id for line in lines)
    if reason := reason_to_refuse(lines, menu=menu, largest=_largest_ticket_portions()):
        refuse(TicketRefused(reason=reason))
    return restaurant


def _largest_ticket_portions() -> int:
    value: int = getattr(settings, "KITCHEN_LARGEST_TICKET_PORTIONS", LARGEST_TICKET_PORTIONS)
    return value
