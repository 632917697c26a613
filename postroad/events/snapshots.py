"""Snapshots: an owner sends its present state to a subscriber again, so that the subscriber can rebuild a replica.

The subscriber requests it (`manage.py rebuild orders.restaurants`); the owner answers page by page with ordinary events, sent
only to that subscriber's queues.  A page is read under row locks, and its events are stored in the outbox before these are
released, so later events of the same aggregate are also handled later.

The events describe the present state, not the changes that led to it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from postroad import handling
from postroad.codecs.names import Description, describe, key_of
from postroad.codecs.registry import codec_for
from postroad.codecs.types import Message
from postroad.envelopes import envelope_of
from postroad.errors import InvalidMessage
from postroad.events.messages import event_description
from postroad.events.publisher import event_envelope
from postroad.messaging.channels import EventChannel, shard_of
from postroad.messaging.message import Address, Envelope, Kind, Outgoing
from postroad.messaging.outbox.producer import put
from postroad.messaging.queues import is_subscriber

PAGE_ROWS = 200
"""Maximum aggregates of one transaction, which locks their rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One aggregate: the events, in order, that give its present state to a subscriber without any data."""

    key: str
    events: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Snapshots:
    """An entry of SNAPSHOTS in a service's `handlers.py`.

    Attributes:
        of: The event channel.
        page: (last key seen, maximum) → the next aggregates in the order of their keys, locked; the first call gets "".
    """

    of: EventChannel
    page: Callable[[str, int], Sequence[Snapshot]]

    def __post_init__(self) -> None:
        """Refuse a coroutine, a generator, or a function with other arguments."""
        handling.check(self.page, table=f"snapshots of {self.of.name!r}", arguments=2)


class PublishSnapshots(Message):
    """A request to the owner of a channel for its present state."""

    channel: str
    subscriber: str
    shards: int
    types: tuple[str, ...]
    after: str = ""


describe(PublishSnapshots, Description(name="postroad.PublishSnapshots"))


def requests_queue(service: str) -> str:
    """Return the queue in which a service reads requests for snapshots."""
    return f"{service}.snapshots"


def ask(request: PublishSnapshots) -> None:
    """Send a request to the owner of its channel, in the caller's transaction."""
    owner = request.channel.partition(".")[0]
    envelope = envelope_of(request, kind=Kind.COMMAND)
    put(Outgoing(address=Address(channel=requests_queue(owner)), envelope=envelope))


class SnapshotDispatcher:
    """Answers a request with one page, and sends itself a request for the next one."""

    def __init__(self, tables: Sequence[Snapshots]) -> None:
        self._pages = {table.of.name: table.page for table in tables}

    def __call__(self, envelope: Envelope) -> None:
        """Publish one page in the caller's transaction.

        Raises:
            InvalidMessage: The request cannot be read, or names a channel without snapshots; it is parked.
        """
        request = codec_for(envelope.content_type).decode(envelope.body, PublishSnapshots)
        if request.channel not in self._pages or request.shards < 1:
            known = ", ".join(sorted(self._pages)) or "none"
            raise InvalidMessage(f"there are no snapshots of channel {request.channel!r} here; known: {known}.")
        if not is_subscriber(request.subscriber):  # events must not go into queues of commands or replies
            raise InvalidMessage(f"{request.subscriber[:80]!r} is not a subscriber's name; write <service>.<purpose>.")
        read = self._pages[request.channel]
        page = handling.finished(read(request.after, PAGE_ROWS), read)
        for snapshot in page:
            for event in snapshot.events:
                if event_description(type(event)).name in request.types:
                    _send(event, request)
        if len(page) == PAGE_ROWS:
            ask(replace(request, after=page[-1].key))


def _send(event: Message, request: PublishSnapshots) -> None:
    queue = f"{request.subscriber}.{shard_of(key_of(event), request.shards)}"
    put(Outgoing(address=Address(channel=queue), envelope=event_envelope(event)))
