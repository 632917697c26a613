"""The rules of a delivery."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from apps.delivery.domain import TRANSITIONS, DeliveryState, DeliveryVerb, is_allowed, next_state, plan_delivery
from apps.shared.refusals import BusinessRefusal

SIX = datetime(2030, 1, 2, 18, tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)
ATTEMPTS = some.tuples(some.sampled_from(DeliveryState), some.sampled_from(DeliveryVerb))


@pytest.mark.parametrize(("state", "verb"), TRANSITIONS)
def test_a_transition_of_the_table_leads_where_it_says(state: DeliveryState, verb: DeliveryVerb) -> None:
    assert next_state(state, verb, is_picked_up=True) is TRANSITIONS[state, verb]


@given(ATTEMPTS.filter(lambda each: each not in TRANSITIONS))
def test_a_transition_that_is_not_in_the_table_is_refused(attempt: tuple[DeliveryState, DeliveryVerb]) -> None:
    with pytest.raises(BusinessRefusal) as refused:
        next_state(*attempt, is_picked_up=True)

    assert (refused.value.code, refused.value.status) == ("illegal_transition", 409)


@given(ATTEMPTS)
def test_what_the_table_has_is_what_is_allowed(attempt: tuple[DeliveryState, DeliveryVerb]) -> None:
    assert is_allowed(*attempt, is_picked_up=True) is (attempt in TRANSITIONS)


@pytest.mark.parametrize("verb", DeliveryVerb)
@pytest.mark.parametrize("state", [DeliveryState.DELIVERED, DeliveryState.CANCELLED])
def test_a_delivered_or_cancelled_delivery_never_changes_again(state: DeliveryState, verb: DeliveryVerb) -> None:
    with pytest.raises(BusinessRefusal, match=f"A delivery in state {state} cannot {verb}"):
        next_state(state, verb, is_picked_up=True)


def test_what_nobody_has_picked_up_cannot_be_delivered() -> None:
    with pytest.raises(BusinessRefusal, match="was not picked up") as refused:
        next_state(DeliveryState.SCHEDULED, DeliveryVerb.DELIVER, is_picked_up=False)

    assert (refused.value.code, refused.value.status) == ("illegal_transition", 409)


def test_a_plan_begins_when_the_food_is_ready_and_ends_later() -> None:
    plan = plan_delivery(1, ready_by=SIX, dropoff_minutes=30)

    assert (plan.courier_id, plan.pickup_time, plan.dropoff_time) == (1, SIX, SIX.replace(minute=30))


def test_a_plan_beyond_the_calendar_ends_at_once() -> None:
    assert plan_delivery(1, ready_by=END, dropoff_minutes=30).dropoff_time == END


def test_nothing_is_planned_before_the_restaurant_has_accepted() -> None:
    with pytest.raises(BusinessRefusal, match="no restaurant has accepted"):
        plan_delivery(1, ready_by=None, dropoff_minutes=30)
