"""`send`: stores a typed command in the outbox, in the caller's transaction."""

from collections.abc import Mapping

from postroad.codecs.types import Message
from postroad.commands.messages import command_description
from postroad.envelopes import envelope_of
from postroad.messaging.message import Kind, Outgoing
from postroad.messaging.outbox.producer import put


def send(
    command: Message, *, reply_to: str = "", delay_seconds: float = 0.0, headers: Mapping[str, str | None] | None = None
) -> str:
    """Send a command to the channel that its declaration names; return its message id.

    Args:
        command: A message declared with @command.
        reply_to: Queue for the reply; empty: no reply is expected.
        delay_seconds: Minimum time between the commit and the sending.
        headers: Further headers; those that are None are left out.

    Raises:
        OutsideTransaction: There is no transaction around the call.
    """
    message = outgoing(command, reply_to=reply_to, headers=headers)
    put(message, delay_seconds=delay_seconds)
    return message.envelope.id


def outgoing(command: Message, *, reply_to: str = "", headers: Mapping[str, str | None] | None = None) -> Outgoing:
    """Return the command in an envelope, with the address of its key in its channel."""
    channel = command_description(type(command)).channel
    envelope = envelope_of(command, kind=Kind.COMMAND, headers=headers, reply_to=reply_to)
    return Outgoing(address=channel.address(envelope.key), envelope=envelope)
