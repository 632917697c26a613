"""`send`: a typed command into the outbox, in the caller's transaction.  Not: a saga's commands, which add its headers."""

from collections.abc import Mapping

from postroad import clock
from postroad.codecs.names import key_of
from postroad.codecs.registry import JSON
from postroad.codecs.types import Message
from postroad.commands.messages import command_description
from postroad.conf import settings
from postroad.context import current
from postroad.ids import new_id
from postroad.messaging import headers as names
from postroad.messaging.message import Envelope, Kind, Outgoing
from postroad.messaging.producer import put


def send(
    command: Message, *, reply_to: str = "", delay_seconds: float = 0.0, headers: Mapping[str, str] | None = None
) -> str:
    """Send a command to the channel that its declaration names; return its message id.

    Args:
        command: A message declared with @command.
        reply_to: Queue for the answer; empty: a notification.
        delay_seconds: It is sent this long after the commit, at the earliest.
        headers: Further headers.

    Raises:
        OutsideTransaction: There is no transaction around the call.
    """
    description, key = command_description(type(command)), key_of(command)
    envelope = Envelope(
        id=new_id(),
        type=description.name,
        body=JSON.encode(command),
        content_type=JSON.content_type,
        reply_to=reply_to,
        app_id=current().service or settings().service,
        sent_at=int(clock.now().timestamp()),
        headers=_headers(description.version, key, headers),
    )
    put(Outgoing(address=description.channel.address(key), envelope=envelope), delay_seconds=delay_seconds)
    return envelope.id


def _headers(version: str, key: str, more: Mapping[str, str] | None) -> dict[str, str]:
    own = {names.KIND: Kind.COMMAND.value, names.VERSION: version, names.PARTITION_KEY: key}
    trace = current().trace_parent
    return own | ({names.TRACE_PARENT: trace} if trace else {}) | dict(more or {})
