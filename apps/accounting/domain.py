"""The rules of an account: its balance by the journal, and which charges are authorised.  Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from apps.shared.refusals import BusinessRefusal
from apps.shared.values import MAX_MONEY, cents

NOTHING = Decimal("0.00")


class AccountState(StrEnum):
    """Whether charges are authorised."""

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"


class AccountVerb(StrEnum):
    """What may be done to an account, as it ends the sentence "An account in state … cannot …"."""

    DISABLE = "be disabled"
    ENABLE = "be enabled"


TRANSITIONS: Mapping[tuple[AccountState, AccountVerb], AccountState] = {
    (AccountState.ENABLED, AccountVerb.DISABLE): AccountState.DISABLED,
    (AccountState.DISABLED, AccountVerb.ENABLE): AccountState.ENABLED,
}
"""All transitions.  A repeated change is not among them; a use case may accept or refuse it."""


def next_state(state: AccountState, verb: AccountVerb) -> AccountState:
    """Return the state that follows.

    Raises:
        BusinessRefusal: `illegal_transition`: the account is in that state already.
    """
    try:
        return TRANSITIONS[state, verb]
    except KeyError:
        raise BusinessRefusal("illegal_transition", f"An account in state {state} cannot {verb}.") from None


class EntryType(StrEnum):
    """What may happen to an account."""

    OPENED = "OPENED"
    AUTHORIZED = "AUTHORIZED"
    REFUSED = "REFUSED"
    REVERSED = "REVERSED"
    REVISED = "REVISED"
    DISABLED = "DISABLED"
    ENABLED = "ENABLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened to an account.

    Attributes:
        type: What it was.
        amount: What the entry adds to the order's charge; negative for a reversal and for a smaller revision.
            For a refusal, the requested amount; for the opening, the account's limit; otherwise 0.
        order_id: The order of the charge; None if the entry is not about a charge.
        reason: Why a charge was refused.
    """

    type: EntryType
    amount: Decimal = NOTHING
    order_id: int | None = None
    reason: str = ""


class BillState(StrEnum):
    """Whether an order is charged."""

    AUTHORIZED = "AUTHORIZED"
    REFUSED = "REFUSED"
    REVERSED = "REVERSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What an order is charged: the present amount, or the amount that was refused or reversed."""

    order_id: int
    account_id: int
    state: BillState
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The state of an account, computed from its journal.

    Attributes:
        state: Whether charges are authorised now.
        limit: The maximum of a single charge.
        authorized_total: The sum of all authorised charges.
        last_sequence: The number of entries.
    """

    state: AccountState = AccountState.DISABLED
    limit: Decimal = NOTHING
    authorized_total: Decimal = NOTHING
    last_sequence: int = 0

    def after(self, entry: Entry) -> "Standing":
        """Return the state after one more entry."""
        counted = replace(self, last_sequence=self.last_sequence + 1)
        match entry.type:
            case EntryType.OPENED:
                return replace(counted, state=AccountState.ENABLED, limit=entry.amount)
            case EntryType.AUTHORIZED | EntryType.REVERSED | EntryType.REVISED:
                return replace(counted, authorized_total=self.authorized_total + entry.amount)
            case EntryType.REFUSED:
                return counted
            case EntryType.DISABLED:
                return replace(counted, state=AccountState.DISABLED)
            case EntryType.ENABLED:
                return replace(counted, state=AccountState.ENABLED)


def fold(entries: Iterable[Entry]) -> Standing:
    """Return the state after all entries of a journal, oldest first."""
    standing = Standing()
    for entry in entries:
        standing = standing.after(entry)
    return standing


def charge_of(amount: Decimal) -> Decimal:
    """Return the amount of a charge, exact to the cent.

    Raises:
        ValueError: It is not an amount of money, or it is negative.
    """
    charge = cents(amount)
    if charge < 0:
        raise ValueError(f"{charge} is negative; a charge is 0.00 or more.")
    return charge


def decide(standing: Standing, *, order_id: int, amount: Decimal) -> Entry:
    """Return the entry that authorises or refuses a charge: `account_disabled` or `limit_exceeded`."""
    if standing.state is AccountState.DISABLED:
        return Entry(type=EntryType.REFUSED, order_id=order_id, amount=amount, reason="account_disabled")
    if amount > standing.limit or standing.authorized_total + amount > MAX_MONEY:
        return Entry(type=EntryType.REFUSED, order_id=order_id, amount=amount, reason="limit_exceeded")
    return Entry(type=EntryType.AUTHORIZED, order_id=order_id, amount=amount)


def charged(entries: Iterable[Entry]) -> Decimal | None:
    """Return what an order is charged, from its entries, oldest first; None if it is not charged, or not any more."""
    amount: Decimal | None = None
    for entry in entries:
        match entry.type:
            case EntryType.AUTHORIZED | EntryType.REVISED:
                amount = (amount or NOTHING) + entry.amount
            case EntryType.REVERSED:
                amount = None
            case _:
                pass
    return amount


def bill_of(entries: Sequence[Entry], *, order_id: int, account_id: int) -> Bill:
    """Return the bill of an order, from its entries, oldest first; there is at least one."""
    amount = charged(entries)
    if amount is not None:
        return Bill(order_id=order_id, account_id=account_id, state=BillState.AUTHORIZED, amount=amount)
    last = entries[-1]
    state = BillState.REVERSED if last.type is EntryType.REVERSED else BillState.REFUSED
    return Bill(order_id=order_id, account_id=account_id, state=state, amount=abs(last.amount))


def decide_revision(standing: Standing, *, order_id: int, amount: Decimal, current: Decimal) -> Entry:
    """Return the entry that revises a charge of `current`, or refuses to, by the rules of `decide`."""
    rest = replace(standing, authorized_total=standing.authorized_total - current)
    decision = decide(rest, order_id=order_id, amount=amount)
    if decision.type is EntryType.REFUSED:
        return decision
    return replace(decision, type=EntryType.REVISED, amount=amount - current)
