"""What accounting can do, one function per verb, each inside the transaction that its caller opened."""

from decimal import Decimal
from operator import attrgetter

from django.conf import settings

from apps.accounting.domain import (
    AccountState,
    AccountVerb,
    Bill,
    Entry,
    EntryType,
    bill_of,
    charge_of,
    charged,
    next_state,
)
from apps.accounting.messages import (
    AccountAuthorizationRefused,
    AccountAuthorizationReversed,
    AccountAuthorizationRevised,
    AccountAuthorized,
    AccountCreated,
    AccountDisabled,
    AccountEnabled,
    AuthorizationReversed,
    AuthorizationRevised,
    AuthorizeCharge,
    ChargeAuthorized,
    ChargeRefused,
    ReverseAuthorization,
    ReviseAuthorization,
)
from apps.accounting.models import Account, AccountEntry
from apps.consumers.messages import ConsumerCreated
from apps.shared.identity.scope import own
from apps.shared.refusals import not_found
from postroad import Rejected, publish, refuse

AUTHORIZATION_LIMIT = "10000.00"  # default of the setting ACCOUNTING_AUTHORIZATION_LIMIT: the business's own figure


def keep_consumer(event: ConsumerCreated) -> None:
    """Open the consumer's account, unless a charge has opened it already; safe to repeat."""
    _lock_or_open(event.consumer_id)


def authorize_charge(command: AuthorizeCharge) -> ChargeAuthorized | ChargeRefused:
    """Decide on an order's charge once; a repeated command gets the same answer.

    A consumer without an account gets one: the sender has validated the consumer, whose event may not have arrived yet.
    A refusal is returned, not raised, so that its journal entry stays.

    Raises:
        Refusal: `invalid_message`: the total is not an amount of money.
    Concurrency: if two consumers are charged for one order at the same time, one charge violates the unique key of the
        order and is refused when it is retried.
    """
    amount = _amount_of(command.order_total)
    account = _lock_or_open(command.consumer_id)
    decision = account.decision_on(command.order_id)
    if decision is None:
        decision = account.charge(command.order_id, amount=amount)
        _announce(account, decision)
    if decision.type is EntryType.REFUSED:
        return ChargeRefused(reason=decision.reason)
    return ChargeAuthorized()


def reverse_authorization(command: ReverseAuthorization) -> AuthorizationReversed | ChargeRefused:
    """Reverse an order's charge, also of a disabled account; safe to repeat.  Refuses with `not_authorized`."""
    account = Account.objects.lock(command.consumer_id)
    entries = account.entries_of(command.order_id) if account is not None else ()
    amount = charged(entries)
    if account is not None and amount is not None:
        account.reverse(command.order_id, amount=amount)
        publish(AccountAuthorizationReversed(account_id=account.pk, order_id=command.order_id, amount=amount))
    elif not any(entry.type is EntryType.REVERSED for entry in entries):
        return ChargeRefused(reason="not_authorized")
    return AuthorizationReversed()


def revise_authorization(command: ReviseAuthorization) -> AuthorizationRevised | ChargeRefused:
    """Charge an order with another total; safe to repeat.  Refuses as `authorize_charge` does, or with `not_authorized`.

    Raises:
        Refusal: `invalid_message`: the total is not an amount of money.
    """
    amount = _amount_of(command.order_total)
    account = Account.objects.lock(command.consumer_id)
    current = charged(account.entries_of(command.order_id)) if account is not None else None
    if account is None or current is None:
        return ChargeRefused(reason="not_authorized")
    if amount == current:
        return AuthorizationRevised()
    decision = account.revise(command.order_id, amount=amount, current=current)
    if decision.type is EntryType.REFUSED:
        _announce(account, decision)
        return ChargeRefused(reason=decision.reason)
    event = AccountAuthorizationRevised(
        account_id=account.pk, order_id=command.order_id, amount=amount, previous_amount=current
    )
    publish(event)
    return AuthorizationRevised()


def disable_account(account_id: int, *, is_repeatable: bool = True) -> Account:
    """Authorise nothing any more; safe to repeat, unless the caller wants that refused.

    Raises:
        BusinessRefusal: `not_found`; `illegal_transition` if it is disabled already and `is_repeatable` is false.
    """
    account = lock_account(account_id)
    if not is_repeatable:
        next_state(AccountState(account.state), AccountVerb.DISABLE)
    if account.is_enabled:
        account.record(Entry(type=EntryType.DISABLED))
        publish(AccountDisabled(account_id=account.pk))
    return account


def enable_account(account_id: int, *, is_repeatable: bool = True) -> Account:
    """Authorise charges again; safe to repeat, unless the caller wants that refused.

    Raises:
        BusinessRefusal: `not_found`; `illegal_transition` if it is enabled already and `is_repeatable` is false.
    """
    account = lock_account(account_id)
    if not is_repeatable:
        next_state(AccountState(account.state), AccountVerb.ENABLE)
    if not account.is_enabled:
        account.record(Entry(type=EntryType.ENABLED))
        publish(AccountEnabled(account_id=account.pk))
    return account


def find_account(account_id: int) -> Account:
    """Return an account.

    Raises:
        BusinessRefusal: `not_found`: no such consumer, or its event has not arrived yet.
    """
    account = Account.objects.filter(pk=account_id).first()
    if account is None:
        raise not_found("account", account_id)
    return account


def lock_account(account_id: int) -> Account:
    """Like `find_account`, under a row lock, in the caller's transaction."""
    account = Account.objects.lock(account_id)
    if account is None:
        raise not_found("account", account_id)
    return account


def _amount_of(total: Decimal) -> Decimal:
    try:
        return charge_of(total)
    except ValueError as error:
        refuse(Rejected(reason="invalid_message", detail=str(error)))


def find_bill(order_id: int) -> Bill:
    """Return what an order is charged; one statement.

    Raises:
        BusinessRefusal: `not_found`: its charge was not requested yet, or it belongs to another consumer.
    """
    rows = list(own(AccountEntry.objects.all(), by="account_id").filter(order_id=order_id).order_by("type", "pk"))
    if not rows:
        raise not_found("bill of order", order_id)
    account_id = rows[0].account_id
    entries = [row.entry for row in sorted(rows, key=attrgetter("sequence")) if row.account_id == account_id]
    return bill_of(entries, order_id=order_id, account_id=account_id)


def _lock_or_open(consumer_id: int) -> Account:
    account, is_new = Account.lock_or_open(consumer_id, limit=_authorization_limit())
    if is_new:
        publish(AccountCreated(account_id=account.pk))
    return account


def _announce(account: Account, decision: Entry) -> None:
    order_id = decision.order_id or 0
    if decision.type is EntryType.AUTHORIZED:
        publish(AccountAuthorized(account_id=account.pk, order_id=order_id, amount=decision.amount))
    else:
        publish(
            AccountAuthorizationRefused(
                account_id=account.pk, order_id=order_id, amount=decision.amount, reason=decision.reason
            )
        )


def _authorization_limit() -> Decimal:
    return Decimal(getattr(settings, "ACCOUNTING_AUTHORIZATION_LIMIT", AUTHORIZATION_LIMIT))
