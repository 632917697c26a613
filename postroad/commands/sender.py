"""`send`: a typed command into the outbox, in the caller's transaction."""

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
        reply_to: Queue for the answer; empty: a notification.
        delay_seconds: It is sent this long after the commit, at the earliest.
        headers: Further headers; one that is None is left out.

    Raises:
        OutsideTransaction: There is no transaction around the call.
    """
    message = outgoing(command, reply_to=reply_to, headers=headers)
    put(message, delay_seconds=delay_seconds)
    return message.envelope.id


def outgoing(command: Message, *, reply_to: str = "", headers: Mapping[str, str | None] | None = None) -> Outgoing:
    """Return what `send` sends: the command in an envelope, with the address of its key in its channel."""
    channel = command_description(type(command)).channel
    envelope = envelope_of(command, kind=Kind.COMMAND, headers=headers, reply_to=reply_to)
    return Outgoing(address=channel.address(envelope.key), envelope=envelope)
