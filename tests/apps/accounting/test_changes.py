"""Reversing and revising what was authorised, through inbox, dispatcher and outbox."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from apps.accounting.domain import EntryType, fold
from apps.accounting.messages import AuthorizeCharge, ReverseAuthorization, ReviseAuthorization
from apps.accounting.models import Account, AccountEntry
from apps.accounting.usecases import disable_account
from apps.consumers.messages import ConsumerCreated
from postroad import Message, unit_of_work

pytestmark = pytest.mark.django_db
Ask = Callable[[Message], tuple[str, dict[str, Any]]]
Announced = Callable[[], list[tuple[str, dict[str, Any]]]]
REVERSED: tuple[str, dict[str, Any]] = ("accounting.AuthorizationReversed", {})
REVISED: tuple[str, dict[str, Any]] = ("accounting.AuthorizationRevised", {})
NOT_AUTHORIZED = ("accounting.ChargeRefused", {"reason": "not_authorized"})
EXCEEDED = ("accounting.ChargeRefused", {"reason": "limit_exceeded"})
DISABLED = ("accounting.ChargeRefused", {"reason": "account_disabled"})


def reversal(order_id: int = 1) -> ReverseAuthorization:
    return ReverseAuthorization(consumer_id=5, order_id=order_id, order_total=Decimal("25.18"))


def revision(total: str, order_id: int = 1) -> ReviseAuthorization:
    return ReviseAuthorization(consumer_id=5, order_id=order_id, order_total=Decimal(total))


def total() -> Decimal:
    return Account.objects.get(pk=5).authorized_total


@pytest.fixture
def charged(ask: Ask, ada: ConsumerCreated) -> None:
    """Order 1 is authorised with 25.18."""
    ask(AuthorizeCharge(consumer_id=5, order_id=1, order_total=Decimal("25.18")))


@pytest.mark.usefixtures("charged")
def test_a_reversed_authorisation_counts_no_more(ask: Ask, announced: Announced) -> None:
    assert ask(reversal()) == REVERSED

    assert total() == 0
    assert announced()[-1] == (
        "accounting.AccountAuthorizationReversed",
        {"accountId": 5, "orderId": 1, "amount": "25.18"},
    )


@pytest.mark.usefixtures("charged")
def test_a_repeated_reversal_changes_nothing(ask: Ask, announced: Announced) -> None:
    ask(reversal())
    before = announced()

    assert ask(reversal()) == REVERSED

    assert (total(), announced()) == (0, before)


@pytest.mark.usefixtures("charged")
def test_a_disabled_account_gets_its_money_back(ask: Ask) -> None:
    with unit_of_work():
        disable_account(5)

    assert ask(reversal()) == REVERSED
    assert total() == 0


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("command", [reversal(), revision("30.00")])
def test_what_was_never_authorised_is_neither_reversed_nor_revised(ask: Ask, command: Message) -> None:
    assert ask(command) == NOT_AUTHORIZED


@pytest.mark.parametrize("command", [reversal(), revision("30.00")])
def test_a_consumer_without_account_has_nothing_to_reverse_or_revise(ask: Ask, command: Message) -> None:
    assert ask(command) == NOT_AUTHORIZED

    assert not Account.objects.exists()


@pytest.mark.usefixtures("charged")
@pytest.mark.parametrize("new", ["30.00", "20.00", "0.00", "10000.00"])
def test_a_revised_authorisation_counts_with_its_new_total(ask: Ask, announced: Announced, new: str) -> None:
    assert ask(revision(new)) == REVISED

    assert total() == Decimal(new)
    assert announced()[-1] == (
        "accounting.AccountAuthorizationRevised",
        {"accountId": 5, "orderId": 1, "amount": new, "previousAmount": "25.18"},
    )


@pytest.mark.usefixtures("charged")
def test_a_repeated_revision_changes_nothing(ask: Ask, announced: Announced) -> None:
    ask(revision("30.00"))
    before = announced()

    assert ask(revision("30.00")) == REVISED

    assert (total(), announced()) == (Decimal("30.00"), before)


@pytest.mark.usefixtures("charged")
def test_a_revision_above_the_limit_is_refused_and_the_old_total_stands(ask: Ask) -> None:
    assert ask(revision("10000.01")) == EXCEEDED

    assert total() == Decimal("25.18")
    assert AccountEntry.objects.latest("sequence").type == EntryType.REFUSED.value


@pytest.mark.usefixtures("charged")
def test_a_refused_revision_can_still_be_reversed(ask: Ask) -> None:
    ask(revision("10000.01"))

    assert ask(reversal()) == REVERSED
    assert total() == 0


@pytest.mark.usefixtures("charged")
def test_a_disabled_account_is_not_charged_more(ask: Ask) -> None:
    with unit_of_work():
        disable_account(5)

    assert ask(revision("30.00")) == DISABLED
    assert total() == Decimal("25.18")


@pytest.mark.usefixtures("charged")
def test_a_reversed_authorisation_cannot_be_revised(ask: Ask) -> None:
    ask(reversal())

    assert ask(revision("30.00")) == NOT_AUTHORIZED


@pytest.mark.usefixtures("charged")
def test_the_journal_adds_up_after_all_changes(ask: Ask) -> None:
    ask(revision("30.00"))
    ask(revision("12.00"))
    ask(reversal())
    ask(AuthorizeCharge(consumer_id=5, order_id=2, order_total=Decimal("7.00")))

    entries = [row.entry for row in AccountEntry.objects.filter(account=5).order_by("sequence")]
    assert fold(entries) == Account.objects.get(pk=5).standing
    assert total() == Decimal("7.00")
