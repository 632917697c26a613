"""The rules of a ticket."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from apps.kitchen.domain import (
    TRANSITIONS,
    Portions,
    TicketState,
    TicketVerb,
    next_state,
    reason_to_refuse,
)
from apps.shared.refusals import BusinessRefusal


def portions(quantity: int, menu_item_id: str = "1") -> Portions:
    return Portions(menu_item_id=menu_item_id, name="Chicken Vindaloo", quantity=quantity)


@pytest.mark.parametrize(("state", "verb"), TRANSITIONS)
def test_a_transition_of_the_table_leads_where_it_says(state: TicketState, verb: TicketVerb) -> None:
    assert next_state(state, verb, before=TicketState.ACCEPTED) is (TRANSITIONS[state, verb] or TicketState.ACCEPTED)


@given(
    some.tuples(some.sampled_from(TicketState), some.sampled_from(TicketVerb)).filter(
        lambda each: each not in TRANSITIONS
    )
)
def test_a_transition_that_is_not_in_the_table_is_refused(attempt: tuple[TicketState, TicketVerb]) -> None:
    with pytest.raises(BusinessRefusal) as refused:
        next_state(*attempt, before=TicketState.ACCEPTED)

    assert (refused.value.code, refused.value.status) == ("illegal_transition", 409)


@pytest.mark.parametrize("verb", TicketVerb)
@pytest.mark.parametrize("state", [TicketState.PICKED_UP, TicketState.CANCELLED])
def test_a_picked_up_or_cancelled_ticket_never_changes_again(state: TicketState, verb: TicketVerb) -> None:
    with pytest.raises(BusinessRefusal, match=f"A ticket in state {state} cannot {verb}"):
        next_state(state, verb, before=TicketState.ACCEPTED)


@pytest.mark.parametrize(
    "verb",
    [
        TicketVerb.ACCEPT,
        TicketVerb.PREPARE,
        TicketVerb.FINISH,
        TicketVerb.PICK_UP,
        TicketVerb.BEGIN_CANCEL,
        TicketVerb.BEGIN_REVISE,
    ],
)
@pytest.mark.parametrize("state", [TicketState.CANCEL_PENDING, TicketState.REVISION_PENDING])
def test_a_pending_state_locks_the_restaurant_and_other_sagas_out(state: TicketState, verb: TicketVerb) -> None:
    with pytest.raises(BusinessRefusal, match="cannot"):
        next_state(state, verb, before=TicketState.ACCEPTED)


def test_a_ticket_of_exactly_the_largest_size_is_taken() -> None:
    assert reason_to_refuse([portions(60), portions(40)], menu={"1"}, largest=100) == ""


def test_a_ticket_a_portion_above_the_largest_size_is_not_taken() -> None:
    assert reason_to_refuse([portions(60), portions(41)], menu={"1"}, largest=100) == "too_many_portions"


def test_a_dish_that_is_not_offered_is_not_taken() -> None:
    lines = [portions(1), portions(1, menu_item_id="9")]

    assert reason_to_refuse(lines, menu={"1"}, largest=100) == "unknown_menu_item"
