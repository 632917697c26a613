"""Exchanges, queues and bindings that channels need, as plain values.

command channel kitchen   direct exchange kitchen → kitchen.0 … N-1 by shard number;
                          any other routing key → fanout exchange kitchen.any → queue kitchen.any
event channel             topic exchange named after the aggregate; each subscriber has its own queues,
                          bound to `<shard>.<event type>` for the types it handles
reply channel             queues only; senders address them by name
dead letters              one queue a service, <service>.dead
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from postroad.messaging.channels import CommandChannel, EventChannel, ReplyChannel


class ExchangeKind(StrEnum):
    """The type of an exchange: how it chooses queues (AMQP 0-9-1 §3.1.3)."""

    DIRECT = "direct"
    TOPIC = "topic"
    FANOUT = "fanout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A durable exchange; messages that no binding matches go to the exchange `alternate`."""

    name: str
    kind: ExchangeKind
    alternate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A durable queue.

    Attributes:
        name: Physical name.
        subscriber: The receiver of its messages: the name under which they are deduplicated.
        dead_queue: Its dead-letter queue; empty on a dead-letter queue itself.
        is_ordered: Whether it has one active consumer at a time, so that order is kept.
    """

    name: str
    subscriber: str
    dead_queue: str = ""
    is_ordered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Messages of `exchange` with routing key `route` also go to `queue`."""

    exchange: str
    queue: str
    route: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """All exchanges, queues and bindings that a process needs; the sum of two topologies has those of both."""

    exchanges: tuple[Exchange, ...] = ()
    queues: tuple[Queue, ...] = ()
    bindings: tuple[Binding, ...] = ()

    def __add__(self, other: "Topology") -> "Topology":
        return Topology(
            exchanges=tuple(dict.fromkeys(self.exchanges + other.exchanges)),
            queues=tuple(dict.fromkeys(self.queues + other.queues)),
            bindings=tuple(dict.fromkeys(self.bindings + other.bindings)),
        )


def dead_queue(service: str) -> str:
    """Return the name of a service's dead-letter queue."""
    return f"{service}.dead"


def dead_letters(service: str) -> Topology:
    """Return the dead-letter queue of a service."""
    name = dead_queue(service)
    return Topology(queues=(Queue(name=name, subscriber=name, is_ordered=False),))


def command_exchanges(channel: CommandChannel) -> Topology:
    """Return what a sender of commands needs: the exchanges (the receiver declares the queues)."""
    catch_all = f"{channel.name}.any"
    return Topology(
        exchanges=(
            Exchange(name=catch_all, kind=ExchangeKind.FANOUT),
            Exchange(name=channel.name, kind=ExchangeKind.DIRECT, alternate=catch_all),
        ),
    )


def command_queues(channel: CommandChannel, *, service: str) -> Topology:
    """Return what the receiver of a command channel needs, exchanges included."""
    catch_all, dead = f"{channel.name}.any", dead_queue(service)
    shards = [f"{channel.name}.{shard}" for shard in range(channel.shards)]
    return command_exchanges(channel) + Topology(
        queues=tuple(Queue(name=name, subscriber=channel.name, dead_queue=dead) for name in [*shards, catch_all]),
        bindings=(
            *(Binding(exchange=channel.name, queue=name, route=str(shard)) for shard, name in enumerate(shards)),
            Binding(exchange=catch_all, queue=catch_all),
        ),
    )


def event_exchange(channel: EventChannel) -> Topology:
    """Return what the publisher of an event channel needs."""
    return Topology(exchanges=(Exchange(name=channel.name, kind=ExchangeKind.TOPIC),))


def subscription(channel: EventChannel, *, subscriber: str, service: str, types: Iterable[str]) -> Topology:
    """Return what one subscriber of an event channel needs: its queues, bound to the event types it handles."""
    queues = [f"{subscriber}.{shard}" for shard in range(channel.shards)]
    return event_exchange(channel) + Topology(
        queues=tuple(Queue(name=name, subscriber=subscriber, dead_queue=dead_queue(service)) for name in queues),
        bindings=tuple(
            Binding(exchange=channel.name, queue=name, route=f"{shard}.{event_type}")
            for event_type in sorted(types)
            for shard, name in enumerate(queues)
        ),
    )


def requests(name: str, *, service: str) -> Topology:
    """Return the one queue of that name in which a service reads requests for snapshots."""
    return Topology(queues=(Queue(name=name, subscriber=name, dead_queue=dead_queue(service)),))


def replies(channel: ReplyChannel) -> Topology:
    """Return the queues of a reply channel."""
    return Topology(
        queues=tuple(
            Queue(name=f"{channel.name}.{shard}", subscriber=channel.name, dead_queue=dead_queue(channel.service))
            for shard in range(channel.shards)
        ),
    )
