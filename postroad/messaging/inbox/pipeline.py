"""Handles a batch of messages in one transaction: inbox, handlers, outbox.  Callers decide about retries and parking.

BEGIN → INSERT … ON CONFLICT DO NOTHING RETURNING (what is new, which keys are parked)
      → the handler of each new message, in order → one multi-row outbox insert → COMMIT
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from postroad.context import Current, read_trace_parent, working
from postroad.errors import ForeignMessage
from postroad.ids import follow
from postroad.messaging import headers
from postroad.messaging.inbox import dead_letters
from postroad.messaging.inbox import table as inbox
from postroad.messaging.message import Envelope
from postroad.messaging.outbox.producer import refuse_aborted, unit_of_work
from postroad.messaging.texts import storable

Handle = Callable[[Envelope], None]


def _accept(_envelope: Envelope) -> None:
    """Accept every message as part of the contract."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One subscriber: the name under which messages are deduplicated, and what handles them.

    Attributes:
        subscriber: `kitchen`, `kitchen.restaurants` or `orders.replies`.
        service: The service whose code runs.
        handle: Runs in the batch's transaction; raises if the message could not be handled.
        check: Raises ForeignMessage for a message that is not part of the contract; looks at the envelope only.
    """

    subscriber: str
    service: str
    handle: Handle
    check: Handle = _accept


def process(subscription: Subscription, envelopes: Sequence[Envelope]) -> int:
    """Handle the new messages of a batch in one transaction, all or none; return how many were parked behind others.

    Raises:
        Exception: Whatever a handler raised; nothing has happened then.
    """
    with unit_of_work():
        parked = 0
        admission = inbox.admit(subscription.subscriber, envelopes)
        for envelope in admission.new:
            is_behind = storable(envelope.key) in admission.parked_keys and not is_foreign(subscription, envelope)
            if is_behind and dead_letters.park_behind(subscription.subscriber, envelope):
                parked += 1
            else:
                run_handler(subscription, envelope)
    return parked


def is_foreign(subscription: Subscription, envelope: Envelope) -> bool:
    """Whether a message never belonged to the contract, so that it has no place in the order of the key it names."""
    try:
        subscription.check(envelope)
    except ForeignMessage:
        return True
    return False


def run_handler(subscription: Subscription, envelope: Envelope) -> None:
    """Run the handler of one message in its context, in the caller's transaction.

    Raises:
        TransactionAborted: The handler hid a database error, so that nothing of the transaction could be kept.
        Exception: Whatever the handler raised.
    """
    trace_parent = read_trace_parent(envelope.headers.get(headers.TRACE_PARENT, ""))
    follow(envelope.id)
    with working(Current(service=subscription.service, message_id=envelope.id, trace_parent=trace_parent)):
        subscription.handle(envelope)
    refuse_aborted()
