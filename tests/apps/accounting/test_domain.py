"""The rules of an account."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from apps.accounting.domain import AccountState, Entry, EntryType, Standing, charge_of, decide, fold
from apps.shared.values import MAX_MONEY

OPENED = Entry(type=EntryType.OPENED, amount=Decimal("10000.00"))
DISABLED = Entry(type=EntryType.DISABLED)
ENABLED = Entry(type=EntryType.ENABLED)
amounts = some.decimals(min_value="0.00", max_value="9999.99", places=2)


def authorized(amount: Decimal, order_id: int = 1) -> Entry:
    return Entry(type=EntryType.AUTHORIZED, order_id=order_id, amount=amount)


def refused(amount: Decimal, reason: str = "account_disabled", order_id: int = 1) -> Entry:
    return Entry(type=EntryType.REFUSED, order_id=order_id, amount=amount, reason=reason)


entries = some.lists(
    some.one_of(
        some.builds(authorized, amounts), some.builds(refused, amounts), some.sampled_from([DISABLED, ENABLED])
    ),
    max_size=10,
)


def test_an_opened_account_authorises_up_to_its_limit() -> None:
    assert fold([OPENED]) == Standing(state=AccountState.ENABLED, limit=Decimal("10000.00"), last_sequence=1)


def test_without_a_journal_nothing_is_authorised() -> None:
    assert decide(fold([]), order_id=1, amount=Decimal("0.01")).type is EntryType.REFUSED


@given(entries)
def test_the_total_is_the_sum_of_what_was_authorised(journal: list[Entry]) -> None:
    expected = sum(entry.amount for entry in journal if entry.type is EntryType.AUTHORIZED)

    assert fold([OPENED, *journal]).authorized_total == expected


@given(entries)
def test_refusals_change_nothing_but_the_count(journal: list[Entry]) -> None:
    without = fold(entry for entry in journal if entry.type is not EntryType.REFUSED)
    standing = fold(journal)

    assert (standing.state, standing.authorized_total) == (without.state, without.authorized_total)
    assert standing.last_sequence == len(journal)


@given(entries, entries)
def test_entries_of_a_later_day_add_to_those_before(before: list[Entry], later: list[Entry]) -> None:
    whole, first, second = fold([*before, *later]), fold(before), fold(later)

    assert whole.authorized_total == first.authorized_total + second.authorized_total
    assert whole.last_sequence == first.last_sequence + second.last_sequence


def test_a_charge_of_exactly_the_limit_is_authorised() -> None:
    amount = Decimal("10000.00")

    assert decide(fold([OPENED]), order_id=1, amount=amount) == authorized(amount)


def test_a_charge_a_cent_above_the_limit_is_refused() -> None:
    amount = Decimal("10000.01")

    assert decide(fold([OPENED]), order_id=1, amount=amount) == refused(amount, "limit_exceeded")


def test_the_limit_is_of_one_order_and_not_of_all_together() -> None:
    amount = Decimal("9000.00")

    assert decide(fold([OPENED, authorized(amount)]), order_id=2, amount=amount) == authorized(amount, 2)


def test_a_total_beyond_the_largest_amount_is_refused() -> None:
    amount = Decimal("0.01")

    assert decide(fold([OPENED, authorized(MAX_MONEY)]), order_id=1, amount=amount) == refused(amount, "limit_exceeded")


def test_a_disabled_account_refuses_whatever_the_amount() -> None:
    amount = Decimal("99999.00")

    assert decide(fold([OPENED, DISABLED]), order_id=1, amount=amount) == refused(amount)


def test_an_account_that_is_enabled_again_authorises() -> None:
    amount = Decimal("1.00")

    assert decide(fold([OPENED, DISABLED, ENABLED]), order_id=1, amount=amount) == authorized(amount)


@pytest.mark.parametrize("amount", ["-0.01", "0.001", "NaN", "Infinity", "10000000000.00"])
def test_what_is_no_charge_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        charge_of(Decimal(amount))


def test_a_charge_is_exact_to_the_cent() -> None:
    assert str(charge_of(Decimal("12.3"))) == "12.30"
