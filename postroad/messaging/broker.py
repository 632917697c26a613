"""The port between Postroad and a message broker.  See also: `postroad.brokers`, for the adapters.

Every adapter passes one conformance suite (`postroad.testing.brokers`).  A `Publisher` and a `Receiver`
belong to one thread each; a `Broker` may be shared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from postroad.messaging.message import Envelope, Outgoing
from postroad.messaging.topology import Binding, Topology


class PublishResult(StrEnum):
    """What became of one published message."""

    CONFIRMED = "confirmed"  # the broker is responsible for it now
    ACCEPTED = "accepted"  # under way, but lost if this process dies: wait for `settled`
    UNROUTABLE = (
        "unroutable"  # no exchange, or (events apart, which may have no subscriber) no queue takes it; not kept
    )
    REFUSED = "refused"  # the broker said no (a full queue); it was not kept
    IMPOSSIBLE = "impossible"  # the broker never takes this very message (too large); the publisher has made sure
    BEHIND = "behind"  # not sent: an earlier message of its channel and key in the batch is impossible
    UNKNOWN = "unknown"  # no answer: it may or may not be there; send it again


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message handed to a receiver.

    Attributes:
        queue: Physical queue it came from.
        envelope: The message.
        tag: The adapter's own handle for acknowledging it; grows within a queue.
        is_redelivered: The broker has handed it out before.
        dead_from: On a dead-letter queue: the queue that gave it up; else empty.
        dead_reason: On a dead-letter queue: the broker's word for why; else empty.
        body_path: File that has the body until the delivery is settled, or its connection is lost: it would be too
            much in memory, and the envelope's body is empty.  Else empty.
        body_bytes: Size of that file; else 0.
    """

    queue: str
    envelope: Envelope
    tag: int
    is_redelivered: bool = False
    dead_from: str = ""
    dead_reason: str = ""
    body_bytes: int = 0
    body_path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """A queue as the broker has it now.

    Attributes:
        name: Physical name.
        messages: Those that no consumer holds.
        consumers: Who receives from it, or stands by to.
    """

    name: str
    messages: int
    consumers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What a broker has of a topology.

    Attributes:
        missing: Exchanges and queues that are not there: `queue 'kitchen.0'`.
        differing: A sentence, with the way out, for each that is there with other properties.
        queues: Those that are there.
    """

    missing: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()
    queues: tuple[QueueState, ...] = ()


class Publisher(Protocol):
    """Sends batches.  One thread."""

    def publish(self, batch: Sequence[Outgoing]) -> list[PublishResult]:
        """Send a batch and wait for the result of each message.

        Shape: one result a message, in order.  Never raises for a broken connection: the results are UNKNOWN and
        the next call connects again.  A message that makes the broker end channel or connection harms no other: it
        is found and IMPOSSIBLE, at the latest when it comes alone in a batch.
        """
        ...

    def settled(self) -> list[str]:
        """Return ids of ACCEPTED messages that every receiver has acknowledged since the last call."""
        ...

    def close(self) -> None:
        """Give the connection back; never raises."""
        ...


class Receiver(Protocol):
    """Takes messages from some queues, in order within each queue.  One thread."""

    def receive(self, *, limit: int, timeout_seconds: float) -> list[Delivery]:
        """Wait for messages; return at once with what is there.

        Shape: at most `limit` deliveries, none after `timeout_seconds`.

        Raises:
            BrokerUnavailable: The connection broke.  Everything unacknowledged comes again after `receive` is
                called again, which connects anew.
        """
        ...

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Tell the broker that these are done.  Deliveries of a broken connection are ignored: they come again."""
        ...

    def reject(self, delivery: Delivery) -> None:
        """Give one message up: the broker moves it to the queue's dead-letter queue."""
        ...

    def close(self) -> None:
        """Hand everything unacknowledged back, in its place; never raises."""
        ...


class Broker(Protocol):
    """One broker at one address.

    Attributes:
        is_durable: Whether a CONFIRMED message outlives this process; if not, publishers answer ACCEPTED.
    """

    is_durable: bool

    def declare(self, topology: Topology) -> None:
        """Make exchanges, queues and bindings; idempotent.

        Raises:
            BrokerUnavailable: The broker cannot be reached.
            MisconfiguredError: The broker has one of them with other properties; the text says which.
        """
        ...

    def unbind(self, bindings: Sequence[Binding]) -> None:
        """Take bindings away; one that does not exist, or whose exchange or queue does not, is no error.

        Raises:
            BrokerUnavailable: The broker cannot be reached.
            MisconfiguredError: The user may not.
        """
        ...

    def inspect(self, topology: Topology) -> Inspection:
        """Compare exchanges and queues with what `declare` would make; makes nothing.  Bindings cannot be asked for.

        Raises:
            BrokerUnavailable: The broker cannot be reached.
        """
        ...

    def publisher(self) -> Publisher:
        """Return a new publisher; it connects at first use."""
        ...

    def receiver(self, queues: Sequence[str], *, prefetch: int) -> Receiver:
        """Return a new receiver of these queues, each with at most `prefetch` unacknowledged messages."""
        ...

    def close(self) -> None:
        """Give up what the broker object itself holds; never raises."""
        ...
