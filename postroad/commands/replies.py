"""`answer`: sends a typed reply to the reply queue that a command names.

Any client that may write to the broker can send a command.  So a reply repeats only a limited number of bytes of it, and is
never sent to a queue of the contract that holds commands or events (`messaging.queues`).
"""

import hashlib
from collections.abc import Mapping

from postroad.codecs.types import Message
from postroad.commands.messages import reply_description
from postroad.context import read_trace_parent
from postroad.envelopes import envelope_of
from postroad.logs import logger
from postroad.messaging import headers as names
from postroad.messaging import queues
from postroad.messaging.message import Address, Envelope, Kind, Outgoing
from postroad.messaging.outbox.producer import put
from postroad.messaging.texts import storable
from postroad.messaging.throttle import Throttle

log = logger(__name__)

MAX_ECHOED = 255
"""Maximum of a saga header that a reply repeats.  A longer one is left out: it is not of Postroad, whose ids have 36 characters."""

MAX_KEY = 1000
"""Maximum of a command's key that its reply gets too; the digest replaces a longer one, so order is kept."""

_MAX_ID_BYTES = 255  # of a short string in AMQP: `correlation_id`
_throttle = Throttle()


def wants_answer(command: Envelope) -> bool:
    """Whether a command names a reply queue, and a reply may go there."""
    return queues.takes_replies(command.reply_to)


def answer(command: Envelope, reply: Message, *, headers: Mapping[str, str] | None = None) -> None:
    """Send `reply` to the queue that the command names; nothing happens if it names none, or one that is refused.

    The reply carries the command's id as correlation id, its saga headers, and the saga's id as partition key; `headers` adds to them.
    """
    if not wants_answer(command):
        _tell_refusal(command)
        return
    is_refusal = reply_description(type(reply)).is_refusal
    own = _echo(command)
    own[names.PARTITION_KEY] = own.get(names.SAGA_ID) or _bounded_key(command.key)
    own[names.OUTCOME] = names.FAILURE if is_refusal else names.SUCCESS
    correlation_id = _cut(storable(command.id), _MAX_ID_BYTES)
    envelope = envelope_of(reply, kind=Kind.REPLY, headers=own | dict(headers or {}), correlation_id=correlation_id)
    put(Outgoing(address=Address(channel=command.reply_to), envelope=envelope))


def _echo(command: Envelope) -> dict[str, str]:
    given = {name: storable(command.headers.get(name, "")) for name in names.ECHOED}
    given[names.TRACE_PARENT] = read_trace_parent(given[names.TRACE_PARENT])
    return {name: value for name, value in given.items() if value and len(value) <= MAX_ECHOED}


def _bounded_key(key: str) -> str:
    if len(key) <= MAX_KEY:
        return storable(key)
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()


def _cut(text: str, most_bytes: int) -> str:
    return text.encode(errors="replace")[:most_bytes].decode(errors="ignore")


def _tell_refusal(command: Envelope) -> None:
    """Log the queue of a reply that is not sent; workers count it (`watch.ReplyRefused`)."""
    if command.reply_to and (left_out := _throttle.due("reply_to")) is not None:
        log.warning(
            "reply not sent: reply_to does not name a reply queue",
            extra={
                "reply_to": command.reply_to[:MAX_ECHOED],
                "message_id": command.id[:MAX_ECHOED],
                "type": command.type[:MAX_ECHOED],
                "app_id": command.app_id[:MAX_ECHOED],
                "left_out": left_out,
            },
        )
