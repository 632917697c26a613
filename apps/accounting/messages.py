"""The contract of accounting: its command with its replies, and the events of an account's journal."""

from postroad import CommandChannel, EventChannel, Message, Money, Positive, command, event, refusal, reply

ACCOUNTING = CommandChannel("accounting", shards=4)
ACCOUNTS = EventChannel("accounting.Account", shards=4)


@reply("accounting.ChargeAuthorized")
class ChargeAuthorized(Message):
    """The charge may be made."""


@refusal("accounting.ChargeRefused")
class ChargeRefused(Message):
    """The charge is refused: `account_disabled`, `limit_exceeded`.

    Or the order has no such authorisation: `not_authorized`, `authorized_for_another_consumer`.
    """

    reason: str


@command("accounting.AuthorizeCharge", on=ACCOUNTING, key="consumer_id", replies=(ChargeAuthorized, ChargeRefused))
class AuthorizeCharge(Message):
    """Ask for the authorisation of an order's total; keyed by the account, so that its limit is checked in order."""

    consumer_id: Positive
    order_id: Positive
    order_total: Money


@reply("accounting.AuthorizationReversed")
class AuthorizationReversed(Message):
    """The authorisation was reversed: the order is not charged any more."""


@command(
    "accounting.ReverseAuthorization", on=ACCOUNTING, key="consumer_id", replies=(AuthorizationReversed, ChargeRefused)
)
class ReverseAuthorization(Message):
    """Ask to reverse the whole authorisation of an order; `order_total` is ignored."""

    consumer_id: Positive
    order_id: Positive
    order_total: Money


@reply("accounting.AuthorizationRevised")
class AuthorizationRevised(Message):
    """The order is charged with the new total."""


@command(
    "accounting.ReviseAuthorization", on=ACCOUNTING, key="consumer_id", replies=(AuthorizationRevised, ChargeRefused)
)
class ReviseAuthorization(Message):
    """Ask to authorise another total for an order that was authorised."""

    consumer_id: Positive
    order_id: Positive
    order_total: Money


@event("accounting.AccountCreated", of=ACCOUNTS, key="account_id")
class AccountCreated(Message):
    """A consumer has an account."""

    account_id: Positive


class ChargeEvent(Message):
    """The fields of every event of a charge."""

    account_id: Positive
    order_id: Positive
    amount: Money


@event("accounting.AccountAuthorized", of=ACCOUNTS, key="account_id")
class AccountAuthorized(ChargeEvent):
    """A charge was authorised."""


@event("accounting.AccountAuthorizationRefused", of=ACCOUNTS, key="account_id")
class AccountAuthorizationRefused(ChargeEvent):
    """A charge was refused."""

    reason: str


@event("accounting.AccountAuthorizationReversed", of=ACCOUNTS, key="account_id")
class AccountAuthorizationReversed(ChargeEvent):
    """A charge was reversed; `amount` is the reversed amount."""


@event("accounting.AccountAuthorizationRevised", of=ACCOUNTS, key="account_id")
class AccountAuthorizationRevised(ChargeEvent):
    """An order is charged with another amount."""

    previous_amount: Money


@event("accounting.AccountDisabled", of=ACCOUNTS, key="account_id")
class AccountDisabled(Message):
    """No charges are authorised any more."""

    account_id: Positive


@event("accounting.AccountEnabled", of=ACCOUNTS, key="account_id")
class AccountEnabled(Message):
    """Charges are authorised again."""

    account_id: Positive
