"""The rules of an order."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from apps.orders.domain import (
    TRANSITIONS,
    Dish,
    OrderLine,
    OrderState,
    OrderVerb,
    RequestedItem,
    next_state,
    price_items,
    total_of,
)
from apps.shared.refusals import BusinessRefusal

MENU = {"1": Dish(name="Chicken Vindaloo", price=Decimal("12.34"))}
NOTHING = Decimal("0.00")
amounts = some.decimals(min_value="0.01", max_value="9999.99", places=2)


def line(price: Decimal, quantity: int) -> OrderLine:
    return OrderLine(menu_item_id="1", name="Chicken Vindaloo", price=price, quantity=quantity)


lines = some.lists(some.builds(line, amounts, some.integers(1, 1000)), min_size=1, max_size=20)


@pytest.mark.parametrize(("state", "verb"), TRANSITIONS)
def test_a_transition_of_the_table_leads_where_it_says(state: OrderState, verb: OrderVerb) -> None:
    assert next_state(state, verb) is TRANSITIONS[state, verb]


@given(
    some.tuples(some.sampled_from(OrderState), some.sampled_from(OrderVerb)).filter(
        lambda each: each not in TRANSITIONS
    )
)
def test_a_transition_that_is_not_in_the_table_is_refused(attempt: tuple[OrderState, OrderVerb]) -> None:
    with pytest.raises(BusinessRefusal) as refused:
        next_state(*attempt)

    assert (refused.value.code, refused.value.status) == ("illegal_transition", 409)


@pytest.mark.parametrize("verb", OrderVerb)
@pytest.mark.parametrize("state", [OrderState.REJECTED, OrderState.CANCELLED])
def test_a_rejected_or_cancelled_order_never_changes_again(state: OrderState, verb: OrderVerb) -> None:
    with pytest.raises(BusinessRefusal, match=f"An order in state {state} cannot {verb}"):
        next_state(state, verb)


@pytest.mark.parametrize("verb", [OrderVerb.BEGIN_CANCEL, OrderVerb.BEGIN_REVISE])
@pytest.mark.parametrize("state", [state for state in OrderState if state is not OrderState.APPROVED])
def test_a_pending_state_locks_other_sagas_out(state: OrderState, verb: OrderVerb) -> None:
    with pytest.raises(BusinessRefusal, match="cannot be"):
        next_state(state, verb)


def test_items_get_the_names_and_prices_of_the_menu() -> None:
    priced = price_items([RequestedItem(menu_item_id="1", quantity=3)], menu=MENU)

    assert priced == (line(Decimal("12.34"), 3),)


def test_an_item_that_is_not_on_the_menu_is_refused_by_its_place() -> None:
    wanted = [RequestedItem(menu_item_id="1", quantity=1), RequestedItem(menu_item_id="9", quantity=1)]

    with pytest.raises(BusinessRefusal) as refused:
        price_items(wanted, menu=MENU)

    assert (refused.value.code, refused.value.field) == ("unknown_menu_item", "lineItems[1].menuItemId")


@given(lines)
def test_a_total_is_exact_whatever_is_ordered(ordered: list[OrderLine]) -> None:
    in_cents = sum(int(each.price * 100) * each.quantity for each in ordered)

    assert int(total_of(ordered, minimum=NOTHING) * 100) == in_cents


@given(lines)
def test_a_total_does_not_depend_on_the_order_of_the_lines(ordered: list[OrderLine]) -> None:
    assert total_of(ordered, minimum=NOTHING) == total_of(ordered[::-1], minimum=NOTHING)


def test_an_order_of_exactly_the_minimum_is_taken() -> None:
    assert str(total_of([line(Decimal("2.50"), 4)], minimum=Decimal("10.00"))) == "10.00"


def test_an_order_a_cent_below_the_minimum_is_refused() -> None:
    with pytest.raises(BusinessRefusal, match=r"comes to 9\.99; the minimum is 10\.00") as refused:
        total_of([line(Decimal("9.99"), 1)], minimum=Decimal("10.00"))

    assert (refused.value.code, refused.value.field) == ("below_minimum", "lineItems")


def test_an_order_beyond_the_largest_amount_is_refused() -> None:
    with pytest.raises(BusinessRefusal, match="comes to more than") as refused:
        total_of([line(Decimal("9999999999.99"), 2)], minimum=NOTHING)

    assert (refused.value.code, refused.value.field) == ("above_maximum", "lineItems")
