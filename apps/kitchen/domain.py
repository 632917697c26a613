"""The rules of a ticket: which state follows which, and which work the kitchen refuses.  Pure functions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from apps.shared.refusals import BusinessRefusal


class TicketState(StrEnum):
    """The state of a ticket; a pending state is the semantic lock of the saga that works on it."""

    CREATE_PENDING = "CREATE_PENDING"
    AWAITING_ACCEPTANCE = "AWAITING_ACCEPTANCE"
    ACCEPTED = "ACCEPTED"
    PREPARING = "PREPARING"
    READY_FOR_PICKUP = "READY_FOR_PICKUP"
    PICKED_UP = "PICKED_UP"
    CANCEL_PENDING = "CANCEL_PENDING"
    CANCELLED = "CANCELLED"
    REVISION_PENDING = "REVISION_PENDING"


class TicketVerb(StrEnum):
    """What may happen to a ticket, as it ends the sentence "A ticket in state … cannot …"."""

    CONFIRM_CREATE = "be confirmed"
    CANCEL_CREATE = "be taken back"
    ACCEPT = "be accepted"
    PREPARE = "be prepared"
    FINISH = "become ready for pickup"
    PICK_UP = "be picked up"
    BEGIN_CANCEL = "be cancelled"
    UNDO_BEGIN_CANCEL = "be kept"
    CONFIRM_CANCEL = "be cancelled for good"
    BEGIN_REVISE = "be revised"
    UNDO_BEGIN_REVISE = "be left as it was"
    CONFIRM_REVISE = "be revised for good"


BACK = None
"""In `TRANSITIONS`: the ticket returns to the state it had before its pending change."""

TRANSITIONS: Mapping[tuple[TicketState, TicketVerb], TicketState | None] = {
    (TicketState.CREATE_PENDING, TicketVerb.CONFIRM_CREATE): TicketState.AWAITING_ACCEPTANCE,
    (TicketState.CREATE_PENDING, TicketVerb.CANCEL_CREATE): TicketState.CANCELLED,
    (TicketState.AWAITING_ACCEPTANCE, TicketVerb.ACCEPT): TicketState.ACCEPTED,
    (TicketState.ACCEPTED, TicketVerb.PREPARE): TicketState.PREPARING,
    (TicketState.PREPARING, TicketVerb.FINISH): TicketState.READY_FOR_PICKUP,
    (TicketState.READY_FOR_PICKUP, TicketVerb.PICK_UP): TicketState.PICKED_UP,
    (TicketState.AWAITING_ACCEPTANCE, TicketVerb.BEGIN_CANCEL): TicketState.CANCEL_PENDING,
    (TicketState.ACCEPTED, TicketVerb.BEGIN_CANCEL): TicketState.CANCEL_PENDING,
    (TicketState.CANCEL_PENDING, TicketVerb.UNDO_BEGIN_CANCEL): BACK,
    (TicketState.CANCEL_PENDING, TicketVerb.CONFIRM_CANCEL): TicketState.CANCELLED,
    (TicketState.AWAITING_ACCEPTANCE, TicketVerb.BEGIN_REVISE): TicketState.REVISION_PENDING,
    (TicketState.ACCEPTED, TicketVerb.BEGIN_REVISE): TicketState.REVISION_PENDING,
    (TicketState.REVISION_PENDING, TicketVerb.UNDO_BEGIN_REVISE): BACK,
    (TicketState.REVISION_PENDING, TicketVerb.CONFIRM_REVISE): BACK,
}
"""All transitions; any other is refused."""

CHANGING = frozenset({TicketState.CANCEL_PENDING, TicketState.REVISION_PENDING})
"""States in which a saga changes a confirmed ticket, which may return to its previous state."""


def next_state(state: TicketState, verb: TicketVerb, *, before: TicketState) -> TicketState:
    """Return the state that follows; `before` is the state before a pending change.

    Raises:
        BusinessRefusal: `illegal_transition`: the state does not allow the verb.
    """
    try:
        return TRANSITIONS[state, verb] or before
    except KeyError:
        raise BusinessRefusal("illegal_transition", f"A ticket in state {state} cannot {verb}.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Portions:
    """A quantity of one dish, with the name it had when it was ordered."""

    menu_item_id: str
    name: str
    quantity: int


def reason_to_refuse(lines: Sequence[Portions], *, menu: Collection[str], largest: int) -> str:
    """Return why the kitchen refuses the work; empty if it accepts.

    Args:
        lines: What is to be cooked.
        menu: Ids of the dishes that the restaurant offers now.
        largest: Maximum number of portions of a ticket.
    """
    if any(line.menu_item_id not in menu for line in lines):
        return "unknown_menu_item"
    if sum(line.quantity for line in lines) > largest:
        return "too_many_portions"
    return ""
