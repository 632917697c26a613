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
    ACCEPTED = "accepted"  # buffered in this process; not durable until `settled` returns its id
    UNROUTABLE = "unroutable"  # no exchange, or no queue for it (an event may have no subscriber); not kept
    REFUSED = "refused"  # the broker refused it (a full queue); not kept
    IMPOSSIBLE = "impossible"  # the broker will never take this message (too large); the publisher has verified that
    BEHIND = "behind"  # not sent: an earlier message of its channel and key in the batch is impossible
    UNKNOWN = "unknown"  # no answer: the broker may or may not have it; send it again


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message handed to a receiver.

    Attributes:
        queue: Physical queue it came from.
        envelope: The message.
        tag: The adapter's own handle for acknowledging it; grows within a queue.
        is_redelivered: The broker has delivered it before.
        dead_from: On a dead-letter queue: the queue that dead-lettered it; otherwise empty.
        dead_reason: On a dead-letter queue: the broker's word for the reason; otherwise empty.
        body_path: File with a body that is too large for memory, kept until the delivery is settled or its connection
            is lost; the envelope's body is empty then.  Otherwise empty.
        body_bytes: Size of that file; otherwise 0.
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
    """The present state of a queue at the broker.

    Attributes:
        name: Physical name.
        messages: Number of messages that no consumer holds.
        consumers: Number of consumers, those on standby included.
    """

    name: str
    messages: int
    consumers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """A topology compared with the broker.

    Attributes:
        missing: Exchanges and queues that do not exist: `queue 'kitchen.0'`.
        differing: A sentence, with the way out, for each that exists with other properties.
        queues: The queues that exist.
    """

    missing: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()
    queues: tuple[QueueState, ...] = ()


class Publisher(Protocol):
    """Sends batches.  One thread."""

    def publish(self, batch: Sequence[Outgoing]) -> list[PublishResult]:
        """Send a batch and wait for the result of each message.

        Shape: one result for each message, in order.  Never raises for a broken connection: the results are UNKNOWN and
        the next call connects again.  A message that makes the broker close the channel or connection affects no other:
        it is found and reported as IMPOSSIBLE, at the latest when it is alone in a batch.
        """
        ...

    def settled(self) -> list[str]:
        """Return ids of ACCEPTED messages that every receiver has acknowledged since the last call."""
        ...

    def close(self) -> None:
        """Close the connection; never raises."""
        ...


class Receiver(Protocol):
    """Takes messages from some queues, in order within each queue.  One thread."""

    def receive(self, *, limit: int, timeout_seconds: float) -> list[Delivery]:
        """Wait for messages; return as soon as there are any.

        Shape: at most `limit` deliveries, none after `timeout_seconds`.

        Raises:
            BrokerUnavailable: The connection broke.  The next call connects again, and all unacknowledged messages are
                delivered again.
        """
        ...

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Acknowledge deliveries.  Those of a broken connection are ignored: they are delivered again."""
        ...

    def reject(self, delivery: Delivery) -> None:
        """Reject one message: the broker moves it to the queue's dead-letter queue."""
        ...

    def close(self) -> None:
        """Return all unacknowledged messages to their places in the queues; never raises."""
        ...


class Broker(Protocol):
    """One broker at one address.

    Attributes:
        is_durable: Whether messages survive the end of this process; if not, publishers return ACCEPTED.
    """

    is_durable: bool

    def declare(self, topology: Topology) -> None:
        """Create exchanges, queues and bindings; idempotent.

        Raises:
            BrokerUnavailable: The broker cannot be reached.
            MisconfiguredError: The broker has one of them with other properties; the text says which.
        """
        ...

    def unbind(self, bindings: Sequence[Binding]) -> None:
        """Remove bindings; one that does not exist, or whose exchange or queue does not, is no error.

        Raises:
            BrokerUnavailable: The broker cannot be reached.
            MisconfiguredError: The user lacks the permission.
        """
        ...

    def inspect(self, topology: Topology) -> Inspection:
        """Compare exchanges and queues with what `declare` would create, without creating any.  AMQP cannot list bindings.

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
        """Release what the broker object itself holds; never raises."""
        ...
