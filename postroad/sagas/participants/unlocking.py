"""`Unlock`: the command by which an orchestrator releases a lock at a participant when the saga has ended."""

from postroad.codecs.names import Description, describe
from postroad.codecs.types import Message
from postroad.envelopes import envelope_of
from postroad.messaging import headers as names
from postroad.messaging.channels import CommandChannel
from postroad.messaging.message import Kind, Outgoing


class Unlock(Message):
    """The saga that has locked the target has ended; a notification."""

    target: str


describe(Unlock, Description(name="postroad.Unlock"))


def unlocking(channel: CommandChannel, target: str, *, saga_id: str) -> Outgoing:
    """Return the message that releases a saga's lock on a target `channel/lock/key`.

    It has the partition key of the command that locked the target, so that it is handled after that command.
    """
    key = target.split("/", 2)[2]
    headers = {names.PARTITION_KEY: key, names.SAGA_ID: saga_id}
    return Outgoing(
        address=channel.address(key), envelope=envelope_of(Unlock(target=target), kind=Kind.COMMAND, headers=headers)
    )
