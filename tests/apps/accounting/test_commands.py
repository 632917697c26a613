"""What sagas ask of accounting, and what consumers tell it, through inbox, dispatcher and outbox."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from apps.accounting.domain import AccountState, Entry, EntryType
from apps.accounting.handlers import EVENTS
from apps.accounting.messages import AuthorizeCharge
from apps.accounting.models import Account, AccountEntry
from apps.accounting.usecases import authorize_charge, disable_account, enable_account, keep_consumer
from apps.consumers.messages import ConsumerCreated
from postroad import Message, unit_of_work

pytestmark = pytest.mark.django_db
Ask = Callable[[Message], tuple[str, dict[str, Any]]]
Announced = Callable[[], list[tuple[str, dict[str, Any]]]]
AUTHORIZED: tuple[str, dict[str, Any]] = ("accounting.ChargeAuthorized", {})
DISABLED = ("accounting.ChargeRefused", {"reason": "account_disabled"})
EXCEEDED = ("accounting.ChargeRefused", {"reason": "limit_exceeded"})


def charge(total: str = "25.18", order_id: int = 1) -> AuthorizeCharge:
    return AuthorizeCharge(consumer_id=5, order_id=order_id, order_total=Decimal(total))


def journal() -> list[Entry]:
    return [line.entry for line in AccountEntry.objects.filter(account=5).order_by("sequence")]


def test_a_new_consumer_gets_an_account(ada: ConsumerCreated, announced: Announced) -> None:
    account = Account.objects.get()

    assert (account.pk, account.standing.state, account.limit) == (5, AccountState.ENABLED, Decimal("10000.00"))
    assert account.authorized_total == 0
    assert announced() == [("accounting.AccountCreated", {"accountId": 5})]


def test_a_consumer_who_is_announced_twice_has_one_account(ada: ConsumerCreated, announced: Announced) -> None:
    with unit_of_work():
        keep_consumer(ada)

    assert (Account.objects.count(), len(journal()), len(announced())) == (1, 1, 1)


def test_the_limit_of_a_new_account_is_a_setting(settings: Settings) -> None:
    settings.ACCOUNTING_AUTHORIZATION_LIMIT = "12.30"
    with unit_of_work():
        keep_consumer(ConsumerCreated(consumer_id=5, first_name="Ada", last_name="Lovelace"))

    assert Account.objects.get().limit == Decimal("12.30")


def test_a_charge_within_the_limit_is_authorised(ask: Ask, ada: ConsumerCreated, announced: Announced) -> None:
    assert ask(charge()) == AUTHORIZED

    assert journal()[1:] == [Entry(type=EntryType.AUTHORIZED, order_id=1, amount=Decimal("25.18"))]
    assert Account.objects.get().authorized_total == Decimal("25.18")
    assert announced()[1:] == [("accounting.AccountAuthorized", {"accountId": 5, "orderId": 1, "amount": "25.18"})]


def test_a_charge_above_the_limit_is_refused_and_recorded(ask: Ask, ada: ConsumerCreated, announced: Announced) -> None:
    assert ask(charge("10000.01")) == EXCEEDED

    refused = Entry(type=EntryType.REFUSED, order_id=1, amount=Decimal("10000.01"), reason="limit_exceeded")
    assert journal()[1:] == [refused]
    assert Account.objects.get().authorized_total == 0
    body = {"accountId": 5, "orderId": 1, "amount": "10000.01", "reason": "limit_exceeded"}
    assert announced()[1:] == [("accounting.AccountAuthorizationRefused", body)]


def test_a_disabled_account_refuses_and_records_it(ask: Ask, ada: ConsumerCreated) -> None:
    with unit_of_work():
        disable_account(5)

    assert ask(charge()) == DISABLED
    assert [entry.type for entry in journal()] == [EntryType.OPENED, EntryType.DISABLED, EntryType.REFUSED]


def test_an_account_that_is_enabled_again_authorises(ask: Ask, ada: ConsumerCreated) -> None:
    with unit_of_work():
        disable_account(5)
        enable_account(5)

    assert ask(charge()) == AUTHORIZED


def test_the_same_charge_under_another_message_id_is_authorised_once(
    ask: Ask, ada: ConsumerCreated, announced: Announced
) -> None:
    ask(charge())

    assert ask(charge()) == AUTHORIZED
    assert (len(journal()), len(announced())) == (2, 2)
    assert Account.objects.get().authorized_total == Decimal("25.18")


def test_an_authorised_charge_stays_so_when_the_account_is_disabled(ask: Ask, ada: ConsumerCreated) -> None:
    ask(charge())
    with unit_of_work():
        disable_account(5)

    assert ask(charge()) == AUTHORIZED


def test_a_refused_charge_stays_so_when_the_account_is_enabled(
    ask: Ask, ada: ConsumerCreated, announced: Announced
) -> None:
    with unit_of_work():
        disable_account(5)
    ask(charge())
    with unit_of_work():
        enable_account(5)
    before = (journal(), announced())

    assert ask(charge()) == DISABLED
    assert (journal(), announced()) == before


def test_a_charge_that_is_faster_than_its_consumer_opens_the_account(ask: Ask, announced: Announced) -> None:
    assert ask(charge()) == AUTHORIZED

    assert [entry.type for entry in journal()] == [EntryType.OPENED, EntryType.AUTHORIZED]
    assert [name for name, _ in announced()] == ["accounting.AccountCreated", "accounting.AccountAuthorized"]


def test_a_consumer_who_comes_after_the_charge_changes_nothing(ask: Ask, announced: Announced) -> None:
    ask(charge())
    before = (journal(), announced())

    with unit_of_work():
        keep_consumer(ConsumerCreated(consumer_id=5, first_name="Ada", last_name="Lovelace"))

    assert (journal(), announced()) == before


@pytest.mark.parametrize("total", ["-0.01", "0.001", "10000000000.00"])
def test_a_total_that_is_no_money_is_rejected_and_changes_nothing(ask: Ask, total: str) -> None:
    name, body = ask(charge(total))

    assert (name, body["reason"]) == ("postroad.Rejected", "invalid_message")
    assert not Account.objects.exists()


def test_a_charge_takes_four_statements(
    ada: ConsumerCreated, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with unit_of_work(), django_assert_num_queries(4):
        authorize_charge(charge())


def test_the_event_of_a_new_consumer_is_subscribed_to() -> None:
    (table,) = EVENTS

    assert (table.subscriber, set(table.handlers)) == ("accounting.consumers", {ConsumerCreated})
