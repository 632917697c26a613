"""An account is what its journal says, and the journal is final."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra.django import TestCase

from apps.accounting import usecases
from apps.accounting.domain import Entry, EntryType, fold
from apps.accounting.messages import AuthorizeCharge, ChargeRefused
from apps.accounting.models import Account, AccountEntry, JournalIsFinal
from apps.consumers.messages import ConsumerCreated
from postroad import unit_of_work

amounts = some.decimals(min_value="0.00", max_value="20000.00", places=2)
orders = some.integers(1, 5)  # few, so that some are asked for twice


def charge(order_id: int, amount: Decimal) -> Any:
    return usecases.authorize_charge(AuthorizeCharge(consumer_id=5, order_id=order_id, order_total=amount))


happenings = some.lists(
    some.one_of(
        some.tuples(some.just(charge), some.tuples(orders, amounts)),
        some.tuples(some.sampled_from([usecases.disable_account, usecases.enable_account]), some.just((5,))),
    ),
    max_size=12,
)


def journal() -> list[Entry]:
    return [line.entry for line in AccountEntry.objects.order_by("sequence")]


class AccountOfAda(TestCase):
    @settings(max_examples=20, deadline=None)  # each example is a few dozen statements
    @given(happenings)
    def test_the_account_is_the_fold_of_its_journal_and_no_order_is_decided_on_twice(self, happened: Any) -> None:
        with unit_of_work():
            usecases.keep_consumer(ConsumerCreated(consumer_id=5, first_name="Ada", last_name="Lovelace"))
            _ = [act(*arguments) for act, arguments in happened]

        assert fold(journal()) == Account.objects.get().standing
        decided = [entry.order_id for entry in journal() if entry.order_id]
        assert len(decided) == len(set(decided))


@pytest.fixture
def entry(ada: ConsumerCreated) -> AccountEntry:
    return AccountEntry.objects.get()


def test_an_account_begins_with_its_opening(entry: AccountEntry) -> None:
    assert (entry.account_id, entry.sequence) == (5, 1)
    assert entry.entry == Entry(type=EntryType.OPENED, amount=Decimal("10000.00"))


def test_an_entry_is_not_changed(entry: AccountEntry) -> None:
    entry.amount = Decimal("1.00")

    with pytest.raises(JournalIsFinal, match="record a new one"):
        entry.save()


def test_an_entry_is_not_deleted(entry: AccountEntry) -> None:
    with pytest.raises(JournalIsFinal):
        entry.delete()


def test_many_entries_are_not_changed_either(entry: AccountEntry) -> None:
    with pytest.raises(JournalIsFinal):
        AccountEntry.objects.update(amount=Decimal("1.00"))


def test_many_entries_are_not_changed_one_by_one_either(entry: AccountEntry) -> None:
    entry.amount = Decimal("1.00")

    with pytest.raises(JournalIsFinal):
        AccountEntry.objects.bulk_update([entry], ["amount"])


def test_many_entries_are_not_deleted_either(entry: AccountEntry) -> None:
    with pytest.raises(JournalIsFinal):
        AccountEntry.objects.all().delete()


def test_an_account_with_a_journal_is_not_deleted(entry: AccountEntry) -> None:
    with pytest.raises(IntegrityError):
        entry.account.delete()

    assert Account.objects.count() == 1


def test_two_entries_never_have_the_same_number(entry: AccountEntry) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        AccountEntry.objects.create(account=entry.account, sequence=1, type="ENABLED", amount=0, at=entry.at)


def test_an_order_is_never_authorised_in_two_accounts(ada: ConsumerCreated) -> None:
    with unit_of_work():
        charge(1, Decimal("5.00"))
    twin = AuthorizeCharge(consumer_id=6, order_id=1, order_total=Decimal("5.00"))

    with unit_of_work():
        answer = usecases.authorize_charge(twin)

    assert answer == ChargeRefused(reason="authorized_for_another_consumer")
    assert Account.objects.get(pk=6).authorized_total == 0


def test_the_database_itself_authorises_an_order_once(ada: ConsumerCreated, entry: AccountEntry) -> None:
    with unit_of_work():
        charge(1, Decimal("5.00"))
        twin, _ = Account.lock_or_open(6, limit=Decimal("100.00"))

    with pytest.raises(IntegrityError), unit_of_work():
        twin.record(Entry(type=EntryType.AUTHORIZED, order_id=1, amount=Decimal("5.00")))
