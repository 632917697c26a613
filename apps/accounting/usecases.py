"""What accounting can do, one function a verb, each inside the transaction its caller opened.  Not: rules."""

from decimal import Decimal

from django.conf import settings

from apps.accounting.domain import Entry, EntryType, charge_of
from apps.accounting.messages import (
    AccountAuthorizationRefused,
    AccountAuthorized,
    AccountCreated,
    AccountDisabled,
    AccountEnabled,
    AuthorizeCharge,
    ChargeAuthorized,
    ChargeRefused,
)
from apps.accounting.models import Account
from apps.consumers.messages import ConsumerCreated
from apps.refusals import not_found
from postroad.commands.messages import Rejected
from postroad.commands.refusals import refuse
from postroad.events.publisher import publish

AUTHORIZATION_LIMIT = "10000.00"  # default of the setting ACCOUNTING_AUTHORIZATION_LIMIT: the business's own figure


def keep_consumer(event: ConsumerCreated) -> None:
    """Open the consumer's account; safe to repeat, and nothing to do if a charge has opened it before."""
    _lock_or_open(event.consumer_id)


def authorize_charge(command: AuthorizeCharge) -> ChargeAuthorized | ChargeRefused:
    """Decide on an order's charge once; a repeated command is answered as the first one was.

    A consumer without account gets it here: the sender has validated the consumer, whose event may be under way.
    A refusal is returned, not raised, so that its journal entry stays.

    Raises:
        Refusal: `invalid_message`: the total is no amount of money.
        IntegrityError: The order was authorised for another consumer.
    """
    try:
        amount = charge_of(command.order_total)
    except ValueError as error:
        refuse(Rejected(reason="invalid_message", detail=str(error)))
    account = _lock_or_open(command.consumer_id)
    decision = account.decision_on(command.order_id)
    if decision is None:
        decision = account.charge(command.order_id, amount=amount)
        _announce(account, decision)
    if decision.type is EntryType.REFUSED:
        return ChargeRefused(reason=decision.reason)
    return ChargeAuthorized()


def disable_account(account_id: int) -> Account:
    """Authorise nothing any more; safe to repeat.

    Raises:
        BusinessRefusal: `not_found`.
    """
    account = _lock(account_id)
    if account.is_enabled:
        account.record(Entry(type=EntryType.DISABLED))
        publish(AccountDisabled(account_id=account.pk))
    return account


def enable_account(account_id: int) -> Account:
    """Authorise charges again; safe to repeat.

    Raises:
        BusinessRefusal: `not_found`.
    """
    account = _lock(account_id)
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


def _lock(account_id: int) -> Account:
    account = Account.objects.lock(account_id)
    if account is None:
        raise not_found("account", account_id)
    return account


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
