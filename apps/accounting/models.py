"""Accounts and their journals, with their behaviour.  See also: `domain`, which has the rules."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any, NoReturn

from django.db import models
from typing_extensions import override

from apps.accounting.domain import AccountState, Entry, EntryType, Standing, decide, decide_revision
from apps.shared.values import MONEY_DIGITS
from postroad import clock

_DECISIONS = (EntryType.AUTHORIZED.value, EntryType.REFUSED.value)


class JournalIsFinal(Exception):
    """A journal entry was to be changed or deleted; write a new entry with `Account.record` instead."""

    def __init__(self) -> None:
        super().__init__("A journal entry is never changed or deleted; record a new one instead.")


class AccountQuerySet(models.QuerySet["Account"]):
    """Ways to find accounts."""

    def lock(self, consumer_id: int) -> "Account | None":
        """Return a consumer's account under a row lock, in the caller's transaction; None if there is none."""
        return self.select_for_update().filter(pk=consumer_id).first()


class Account(models.Model):
    """The state after all entries of a journal; lock it with `Account.objects.lock` before you record anything."""

    consumer_id = models.BigIntegerField(primary_key=True)
    state = models.TextField(choices=[(state.value, state.value) for state in AccountState])
    limit = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=2)
    authorized_total = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=2)
    last_sequence = models.PositiveBigIntegerField()
    created_at = models.DateTimeField()

    objects = AccountQuerySet.as_manager()

    class Meta:
        """Indexes for searches by state and age in the admin."""

        indexes = [
            models.Index(fields=["state", "created_at"], name="accounting_account_state"),
            models.Index(fields=["created_at"], name="accounting_account_created"),
        ]

    @override
    def __str__(self) -> str:
        return f"account {self.pk}"

    @classmethod
    def lock_or_open(cls, consumer_id: int, *, limit: Decimal) -> "tuple[Account, bool]":
        """Return a consumer's account under a row lock, and whether it is new.

        Concurrency: of two transactions that open it at the same time, one waits for the other and then finds it.
        """
        account = cls.objects.lock(consumer_id)
        if account is not None:
            return account, False
        blank = cls(consumer_id=consumer_id, created_at=clock.now(), **asdict(Standing()))
        cls.objects.bulk_create([blank], ignore_conflicts=True)
        account = cls.objects.select_for_update().get(pk=consumer_id)
        is_new = account.last_sequence == 0
        if is_new:
            account.record(Entry(type=EntryType.OPENED, amount=limit))
        return account, is_new

    @property
    def standing(self) -> Standing:
        """The row as a value, which can be compared with the `fold` of its journal."""
        return Standing(
            state=AccountState(self.state),
            limit=self.limit,
            authorized_total=self.authorized_total,
            last_sequence=self.last_sequence,
        )

    @property
    def is_enabled(self) -> bool:
        """Whether charges are authorised."""
        return self.state == AccountState.ENABLED

    def decision_on(self, order_id: int) -> Entry | None:
        """Return the decision on an order's charge, in this or another account; None if there is none yet."""
        decisions = AccountEntry.objects.filter(order_id=order_id, type__in=_DECISIONS)
        found = decisions.exclude(~models.Q(account=self), type=EntryType.REFUSED.value).order_by("sequence").first()
        if found is not None and found.account_id != self.pk:
            return Entry(
                type=EntryType.REFUSED, order_id=order_id, amount=found.amount, reason="authorized_for_another_consumer"
            )
        return found.entry if found else None

    def entries_of(self, order_id: int) -> tuple[Entry, ...]:
        """Return the entries of an order's charge, oldest first; one statement."""
        return tuple(row.entry for row in self.entries.filter(order_id=order_id).order_by("sequence"))

    def charge(self, order_id: int, *, amount: Decimal) -> Entry:
        """Authorise or refuse an order's charge, and record the decision.

        Raises:
            IntegrityError: The order's charge was authorised already, in this or another account.
        """
        entry = decide(self.standing, order_id=order_id, amount=amount)
        self.record(entry)
        return entry

    def reverse(self, order_id: int, *, amount: Decimal) -> None:
        """Reverse an order's charge of this amount, and record it."""
        self.record(Entry(type=EntryType.REVERSED, order_id=order_id, amount=-amount))

    def revise(self, order_id: int, *, amount: Decimal, current: Decimal) -> Entry:
        """Replace the current charge of an order by another amount, or refuse to, and record the decision."""
        entry = decide_revision(self.standing, order_id=order_id, amount=amount, current=current)
        self.record(entry)
        return entry

    def record(self, entry: Entry) -> None:
        """Write one entry into the journal, and the resulting state into the row."""
        after = self.standing.after(entry)
        AccountEntry.objects.create(account=self, sequence=after.last_sequence, at=clock.now(), **asdict(entry))
        self.state, self.limit = after.state.value, after.limit
        self.authorized_total, self.last_sequence = after.authorized_total, after.last_sequence
        self.save(update_fields=["state", "limit", "authorized_total", "last_sequence"])


class AccountEntryQuerySet(models.QuerySet["AccountEntry"]):
    """Entries; they can only be read."""

    @override
    def update(self, **changes: Any) -> NoReturn:
        raise JournalIsFinal

    @override
    def delete(self) -> NoReturn:
        raise JournalIsFinal


class AccountEntry(models.Model):
    """One line of a journal: written once, never changed or deleted."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries")
    sequence = models.PositiveBigIntegerField()
    type = models.TextField(choices=[(type_.value, type_.value) for type_ in EntryType])
    order_id = models.BigIntegerField(null=True, blank=True)
    amount = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=2)
    reason = models.TextField(default="", blank=True)
    at = models.DateTimeField()

    objects = AccountEntryQuerySet.as_manager()

    class Meta:
        """Entries are numbered per account; an order is authorised once.  The admin searches by order, type and age."""

        verbose_name_plural = "account entries"
        constraints = [
            models.UniqueConstraint(fields=["account", "sequence"], name="accounting_entry_sequence_once"),
            models.UniqueConstraint(
                fields=["order_id"],
                condition=models.Q(type=EntryType.AUTHORIZED.value),
                name="accounting_order_authorized_once",
            ),
        ]
        indexes = [
            models.Index(fields=["order_id"], name="accounting_entry_order"),
            models.Index(fields=["type", "at"], name="accounting_entry_type"),
            models.Index(fields=["at"], name="accounting_entry_at"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.sequence}. {self.type}"

    @override
    def save(self, *args: Any, **options: Any) -> None:
        if not self._state.adding:
            raise JournalIsFinal
        super().save(*args, **{**options, "force_insert": True})

    @property
    def entry(self) -> Entry:
        """The line as a value."""
        return Entry(type=EntryType(self.type), amount=self.amount, order_id=self.order_id, reason=self.reason)

    @override
    def delete(self, *args: Any, **options: Any) -> NoReturn:
        raise JournalIsFinal
