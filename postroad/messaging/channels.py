"""Logical channels and their shards.  See also: `topology`, for exchanges and queues of a broker.

A channel is declared once, in its owner's `messages.py`.  The number of shards is fixed while messages flow:
changing it moves keys between queues, and two messages of one key could then be handled out of order.
"""

import re
import zlib
from dataclasses import dataclass

from postroad.errors import InvalidDeclaration
from postroad.messaging.message import Address

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*")
_RESERVED = (".replies", ".any", ".dead", ".snapshots", ".tasks")  # other queues of the contract end so
MAX_CHARACTERS = 200
"""Of the name of a channel or a subscriber: with a shard behind it, it is a queue, and AMQP's names have 255 bytes."""

_MAX_SHARDS = 256  # a queue each; more than this many queues a channel only costs the broker memory


def shard_of(key: str, shards: int) -> int:
    """Return the shard of a partition key: CRC-32 of its UTF-8 bytes modulo `shards` (part of the wire contract)."""
    return zlib.crc32(key.encode()) % shards


def _check(name: str, shards: int) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidDeclaration(f"channel name {name!r}: write a name such as 'kitchen' or 'kitchen.Ticket'.")
    if name.endswith(_RESERVED):
        raise InvalidDeclaration(
            f"channel name {name!r}: {name.rpartition('.')[2]!r} at the end is reserved; rename it."
        )
    if len(name) > MAX_CHARACTERS:
        raise InvalidDeclaration(f"channel name {name!r}: use at most {MAX_CHARACTERS} characters.")
    if not 1 <= shards <= _MAX_SHARDS:
        raise InvalidDeclaration(f"channel {name!r}: {shards} shards; use 1 to {_MAX_SHARDS}.")


@dataclass(frozen=True, slots=True)
class CommandChannel:
    """Point-to-point: exactly one of the competing consumers of its service gets a command."""

    name: str
    shards: int = 4

    def __post_init__(self) -> None:
        """Check name and shards."""
        _check(self.name, self.shards)

    def address(self, key: str) -> Address:
        """Return where a command with this partition key goes."""
        return Address(channel=self.name, route=str(shard_of(key, self.shards)))


@dataclass(frozen=True, slots=True)
class EventChannel:
    """Publish-subscribe: every subscriber gets every event; named after the aggregate type."""

    name: str
    shards: int = 4

    def __post_init__(self) -> None:
        """Check name and shards."""
        _check(self.name, self.shards)

    def address(self, key: str, event_type: str) -> Address:
        """Return where an event of this type and partition key goes."""
        return Address(channel=self.name, route=f"{shard_of(key, self.shards)}.{event_type}")


@dataclass(frozen=True, slots=True)
class ReplyChannel:
    """The queues in which a service reads the answers to its own requests."""

    service: str
    shards: int

    @property
    def name(self) -> str:
        """Name of the channel, and of its subscriber."""
        return f"{self.service}.replies"

    def queue(self, key: str) -> str:
        """Return the one queue in which the answers for `key` are read: the value of `reply_to`."""
        return f"{self.name}.{shard_of(key, self.shards)}"
