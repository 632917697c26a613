"""Logical channels and their shards.  See also: `topology`, for exchanges and queues of a broker.

A channel is declared once, in its owner's `messages.py`.  The number of shards must not change while messages are in
flight: it decides the queue of a key, so two messages of one key could be handled out of order.
"""

import re
import zlib
from dataclasses import dataclass

from postroad.errors import InvalidDeclaration
from postroad.messaging.message import Address

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*")
_RESERVED = (".replies", ".any", ".dead", ".snapshots", ".tasks")  # endings of other queues of the contract
MAX_CHARACTERS = 200
"""Maximum of the name of a channel or a subscriber: with a shard appended it names a queue, and AMQP allows 255 bytes."""

_MAX_SHARDS = 256  # each is a queue; more queues for one channel only cost the broker memory


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
        """Return the address of a command with this partition key."""
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
        """Return the address of an event of this type and partition key."""
        return Address(channel=self.name, route=f"{shard_of(key, self.shards)}.{event_type}")


@dataclass(frozen=True, slots=True)
class ReplyChannel:
    """The queues in which a service reads the replies to its commands."""

    service: str
    shards: int

    @property
    def name(self) -> str:
        """Name of the channel, and of its subscriber."""
        return f"{self.service}.replies"

    def queue(self, key: str) -> str:
        """Return the queue in which the replies for `key` are read: the value of `reply_to`."""
        return f"{self.name}.{shard_of(key, self.shards)}"
