"""`answer`: a typed reply to a command's own reply queue.  Not: what the reply does to a saga."""

from collections.abc import Mapping

from postroad.codecs.types import Message
from postroad.commands.messages import reply_description
from postroad.envelopes import envelope_of
from postroad.messaging import headers as names
from postroad.messaging.message import Address, Envelope, Kind, Outgoing
from postroad.messaging.producer import put


def answer(command: Envelope, reply: Message, *, headers: Mapping[str, str] | None = None) -> None:
    """Send `reply` to the queue that the command names; nothing happens if it names none.

    The reply carries the command's id as correlation id, its saga headers, and the saga's id as partition key; `headers` adds to them.
    """
    if not command.reply_to:
        return
    is_refusal = reply_description(type(reply)).is_refusal
    own = {name: command.headers[name] for name in names.ECHOED if name in command.headers}
    own[names.PARTITION_KEY] = command.headers.get(names.SAGA_ID) or command.key
    own[names.OUTCOME] = names.FAILURE if is_refusal else names.SUCCESS
    envelope = envelope_of(reply, kind=Kind.REPLY, headers=own | dict(headers or {}), correlation_id=command.id)
    put(Outgoing(address=Address(channel=command.reply_to), envelope=envelope))
