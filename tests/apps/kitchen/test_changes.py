"""Cancelling and revising a ticket that stands, through inbox, dispatcher and outbox."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.kitchen import usecases
from apps.kitchen.domain import Portions
from apps.kitchen.messages import (
    BeginCancelTicket,
    BeginReviseTicket,
    ConfirmCancelTicket,
    ConfirmReviseTicket,
    TicketLine,
    UndoBeginCancelTicket,
    UndoBeginReviseTicket,
)
from apps.kitchen.models import Ticket
from apps.shared.refusals import BusinessRefusal
from postroad import Message, unit_of_work

pytestmark = pytest.mark.django_db
Ask = Callable[[Message], tuple[str, dict[str, Any]]]
Announced = Callable[[], list[tuple[str, dict[str, Any]]]]
DONE: tuple[str, dict[str, Any]] = ("postroad.Done", {})
FORBIDDEN = ("kitchen.TicketRefused", {"reason": "illegal_transition"})
UNKNOWN = ("kitchen.TicketRefused", {"reason": "unknown_ticket"})
SOON = datetime(2030, 1, 2, 18, tzinfo=UTC)
FEAST = (TicketLine(menu_item_id="1", name="Chicken Vindaloo", quantity=10),)

BEGIN_CANCEL = BeginCancelTicket(ticket_id=99, restaurant_id=7)
UNDO_CANCEL = UndoBeginCancelTicket(ticket_id=99, restaurant_id=7)
CONFIRM_CANCEL = ConfirmCancelTicket(ticket_id=99, restaurant_id=7)
BEGIN_REVISE = BeginReviseTicket(ticket_id=99, restaurant_id=7, revised_line_items=FEAST)
UNDO_REVISE = UndoBeginReviseTicket(ticket_id=99, restaurant_id=7)
CONFIRM_REVISE = ConfirmReviseTicket(ticket_id=99, restaurant_id=7, revised_line_items=FEAST)
ALL = [BEGIN_CANCEL, UNDO_CANCEL, CONFIRM_CANCEL, BEGIN_REVISE, UNDO_REVISE, CONFIRM_REVISE]


def state() -> str:
    return Ticket.objects.get().state


def do(verb: Callable[..., object], **values: Any) -> None:
    with unit_of_work():
        verb(99, **values)


@pytest.fixture
def accepted(confirmed: int) -> None:
    """A ticket that is ACCEPTED."""
    do(usecases.accept_ticket, ready_by=SOON)


@pytest.fixture
def cooking(accepted: None) -> None:
    """A ticket that is PREPARING."""
    do(usecases.start_preparing)


@pytest.mark.usefixtures("accepted")
def test_a_ticket_is_held_and_then_cancelled(ask: Ask, announced: Announced) -> None:
    assert ask(BEGIN_CANCEL) == DONE
    assert state() == "CANCEL_PENDING"

    assert ask(CONFIRM_CANCEL) == DONE
    assert state() == "CANCELLED"
    assert announced()[-1] == ("kitchen.TicketCancelled", {"ticketId": 99, "orderId": 99})


@pytest.mark.usefixtures("confirmed")
def test_undoing_a_cancellation_restores_a_ticket_that_awaited_acceptance(ask: Ask) -> None:
    ask(BEGIN_CANCEL)

    assert ask(UNDO_CANCEL) == DONE
    assert state() == "AWAITING_ACCEPTANCE"


@pytest.mark.usefixtures("accepted")
def test_undoing_a_cancellation_restores_an_accepted_ticket(ask: Ask) -> None:
    ask(BEGIN_CANCEL)

    assert ask(UNDO_CANCEL) == DONE
    assert state() == "ACCEPTED"


@pytest.mark.usefixtures("accepted")
def test_a_revised_ticket_has_the_new_dishes_and_its_old_state(ask: Ask, announced: Announced) -> None:
    assert ask(BEGIN_REVISE) == DONE
    assert state() == "REVISION_PENDING"

    assert ask(CONFIRM_REVISE) == DONE
    assert state() == "ACCEPTED"
    assert Ticket.objects.get().lines == (Portions(menu_item_id="1", name="Chicken Vindaloo", quantity=10),)
    assert announced()[-1] == (
        "kitchen.TicketRevised",
        {
            "ticketId": 99,
            "orderId": 99,
            "lineItems": [{"menuItemId": "1", "name": "Chicken Vindaloo", "quantity": 10}],
        },
    )


@pytest.mark.usefixtures("accepted")
def test_undoing_a_revision_keeps_the_old_dishes(ask: Ask) -> None:
    before = Ticket.objects.get().lines
    ask(BEGIN_REVISE)

    assert ask(UNDO_REVISE) == DONE
    assert (state(), Ticket.objects.get().lines) == ("ACCEPTED", before)


@pytest.mark.usefixtures("cooking")
@pytest.mark.parametrize("command", [BEGIN_CANCEL, CONFIRM_CANCEL, BEGIN_REVISE, CONFIRM_REVISE])
def test_once_somebody_cooks_nothing_is_cancelled_or_revised(ask: Ask, command: Message) -> None:
    before = Ticket.objects.get().lines

    assert ask(command) == FORBIDDEN
    assert (state(), Ticket.objects.get().lines) == ("PREPARING", before)


@pytest.mark.usefixtures("confirmed")
@pytest.mark.parametrize("command", [CONFIRM_CANCEL, CONFIRM_REVISE])
def test_what_was_not_begun_is_not_confirmed(ask: Ask, command: Message) -> None:
    assert ask(command) == FORBIDDEN
    assert state() == "AWAITING_ACCEPTANCE"


@pytest.mark.usefixtures("accepted")
@pytest.mark.parametrize("changes", [(BEGIN_CANCEL, BEGIN_REVISE), (BEGIN_REVISE, BEGIN_CANCEL)])
def test_one_pending_change_locks_the_other_out(ask: Ask, changes: tuple[Message, Message]) -> None:
    ask(changes[0])
    held = state()

    assert ask(changes[1]) == FORBIDDEN
    assert state() == held


@pytest.mark.usefixtures("accepted")
@pytest.mark.parametrize("command", [BEGIN_CANCEL, BEGIN_REVISE])
def test_the_restaurant_waits_while_a_change_is_pending(ask: Ask, command: Message) -> None:
    ask(command)

    with pytest.raises(BusinessRefusal, match="cannot be prepared"):
        do(usecases.start_preparing)


@pytest.mark.usefixtures("accepted")
@pytest.mark.parametrize("story", [(BEGIN_CANCEL, CONFIRM_CANCEL), (BEGIN_REVISE, CONFIRM_REVISE)])
def test_repeated_commands_are_answered_the_same_and_announce_nothing_new(
    ask: Ask, announced: Announced, story: tuple[Message, Message]
) -> None:
    begin, confirm = story
    assert (ask(begin), ask(begin)) == (DONE, DONE)
    ask(confirm)
    before = (state(), announced())

    assert ask(confirm) == DONE
    assert (state(), announced()) == before


@pytest.mark.usefixtures("accepted")
@pytest.mark.parametrize("undo", [UNDO_CANCEL, UNDO_REVISE])
def test_an_undo_of_nothing_changes_nothing(ask: Ask, undo: Message) -> None:
    assert ask(undo) == DONE
    assert state() == "ACCEPTED"


@pytest.mark.usefixtures("accepted")
def test_dishes_that_the_kitchen_does_not_take_are_refused(ask: Ask) -> None:
    raita = TicketLine(menu_item_id="9", name="Raita", quantity=1)
    crowd = TicketLine(menu_item_id="1", name="Chicken Vindaloo", quantity=101)

    unknown = ask(BeginReviseTicket(ticket_id=99, restaurant_id=7, revised_line_items=(raita,)))
    too_many = ask(BeginReviseTicket(ticket_id=99, restaurant_id=7, revised_line_items=(crowd,)))

    assert unknown == ("kitchen.TicketRefused", {"reason": "unknown_menu_item"})
    assert too_many == ("kitchen.TicketRefused", {"reason": "too_many_portions"})
    assert state() == "ACCEPTED"


@pytest.mark.parametrize("command", ALL)
def test_a_ticket_that_does_not_exist_is_refused(ask: Ask, command: Message) -> None:
    assert ask(command) == UNKNOWN


@pytest.mark.usefixtures("accepted")
def test_a_cancelled_ticket_is_announced_again_as_accepted_and_cancelled(ask: Ask) -> None:
    ask(BEGIN_CANCEL)
    ask(CONFIRM_CANCEL)

    (snapshot,) = usecases.snapshots("", 10)

    names = [type(event).__name__ for event in snapshot.events]
    assert names == ["TicketCreated", "TicketAccepted", "TicketCancelled"]
