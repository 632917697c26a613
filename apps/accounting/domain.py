"""The rules of an account: what its journal adds up to, and which charge it bears.  Pure."""

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
"""What changes something; who repeats a change may be told so, or not."""


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
        amount: What the entry adds to the order's charge: of a reversal and of a smaller revision less than nothing.
            Of a refusal what was asked for, of the opening the account's limit, of anything else nothing.
        order_id: The order that was to be charged; None if it was no charge.
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
    """What an order is charged: the present amount, or the one that was refused or given back."""

    order_id: int
    account_id: int
    state: BillState
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a journal adds up to.

    Attributes:
        state: Whether charges are authorised now.
        limit: The largest charge that is.
        authorized_total: All authorised charges together.
        last_sequence: How many entries there are.
    """

    state: AccountState = AccountState.DISABLED
    limit: Decimal = NOTHING
    authorized_total: Decimal = NOTHING
    last_sequence: int = 0

    def after(self, entry: Entry) -> "Standing":
        """Return what follows from one more entry."""
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
    """Return what a whole journal, oldest entry first, adds up to."""
    standing = Standing()
    for entry in entries:
        standing = standing.after(entry)
    return standing


def charge_of(amount: Decimal) -> Decimal:
    """Return the amount of a charge, exact to the cent.

    Raises:
        ValueError: It is no amount of money, or less than nothing.
    """
    charge = cents(amount)
    if charge < 0:
        raise ValueError(f"{charge} is less than nothing; a charge is 0.00 or more.")
    return charge


def decide(standing: Standing, *, order_id: int, amount: Decimal) -> Entry:
    """Return the entry that authorises or refuses a charge: `account_disabled` or `limit_exceeded`."""
    if standing.state is AccountState.DISABLED:
        return Entry(type=EntryType.REFUSED, order_id=order_id, amount=amount, reason="account_disabled")
    if amount > standing.limit or standing.authorized_total + amount > MAX_MONEY:
        return Entry(type=EntryType.REFUSED, order_id=order_id, amount=amount, reason="limit_exceeded")
    return Entry(type=EntryType.AUTHORIZED, order_id=order_id, amount=amount)


def charged(entries: Iterable[Entry]) -> Decimal | None:
    """Return what an order is charged, by its entries, oldest first; None if it is not, or not any more."""
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
    """Return the bill that an order's entries, oldest first and at least one, add up to."""
    amount = charged(entries)
    if amount is not None:
        return Bill(order_id=order_id, account_id=account_id, state=BillState.AUTHORIZED, amount=amount)
    last = entries[-1]
    state = BillState.REVERSED if last.type is EntryType.REVERSED else BillState.REFUSED
    return Bill(order_id=order_id, account_id=account_id, state=state, amount=abs(last.amount))


def decide_revision(standing: Standing, *, order_id: int, amount: Decimal, current: Decimal) -> Entry:
    """Return the entry that revises a charge of `current`, or refuses to; as `decide`."""
    rest = replace(standing, authorized_total=standing.authorized_total - current)
    decision = decide(rest, order_id=order_id, amount=amount)
    if decision.type is EntryType.REFUSED:
        return decision
    return replace(decision, type=EntryType.REVISED, amount=amount - current)
