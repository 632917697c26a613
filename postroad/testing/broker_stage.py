"""`Stage`: channels of random names at a broker, for one test, with what it sends and receives."""

import time
import uuid
from collections.abc import Sequence

from postroad.messaging import topology as topologies
from postroad.messaging.broker import Broker, Delivery, Publisher, PublishResult, Receiver
from postroad.messaging.channels import CommandChannel, EventChannel
from postroad.messaging.message import Address, Envelope, Outgoing
from postroad.messaging.topology import Topology

PATIENCE_SECONDS = 20.0  # a broker on a busy machine; a test that passes never waits so long
SILENCE_SECONDS = 0.3  # how long nothing must come to count as nothing


def letter(number: int, *, body: bytes = b"{}", key: str = "one") -> Envelope:
    """Return a message whose id ends with its number."""
    return Envelope(id=f"id-{number}", type="stage.Letter", body=body, headers={"partition-key": key})


def to_queue(queue: str, *envelopes: Envelope) -> list[Outgoing]:
    """Return messages addressed to a queue by its name."""
    return [Outgoing(address=Address(channel=queue), envelope=envelope) for envelope in envelopes]


def numbers(deliveries: Sequence[Delivery]) -> list[int]:
    """Return the numbers of letters, in order of arrival."""
    return [int(delivery.envelope.id.removeprefix("id-")) for delivery in deliveries]


class Stage:
    """Broker, names and connections of one test.

    Attributes:
        taken: The result of a message that a queue took: CONFIRMED, or ACCEPTED where nothing is durable.
        commands: A command channel of two shards.
        events: An event channel of two shards.
        queue: An ordered queue.
        dead: The dead-letter queue of all.
    """

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.name = f"t{uuid.uuid4().hex[:12]}"
        self.taken = PublishResult.CONFIRMED if broker.is_durable else PublishResult.ACCEPTED
        self.commands = CommandChannel(self.name, shards=2)
        self.events = EventChannel(f"{self.name}.Thing", shards=2)
        self.queue, self.dead = f"{self.name}.0", topologies.dead_queue(self.name)
        self.topology = topologies.dead_letters(self.name) + topologies.command_queues(self.commands, service=self.name)
        self.publisher: Publisher = broker.publisher()
        self._receivers: list[Receiver] = []
        broker.declare(self.topology)

    def subscribe(self, subscriber: str, *types: str) -> list[str]:
        """Declare a subscriber of the event channel; return its queues."""
        made = topologies.subscription(
            self.events, subscriber=f"{self.name}.{subscriber}", service=self.name, types=types
        )
        self.declare(made)
        return [queue.name for queue in made.queues]

    def declare(self, topology: Topology) -> None:
        """Declare more; it is deleted with the rest."""
        self.topology += topology
        self.broker.declare(topology)

    def send(self, *envelopes: Envelope) -> list[PublishResult]:
        """Publish letters straight to the ordered queue."""
        return self.publisher.publish(to_queue(self.queue, *envelopes))

    def receiver(self, *queues: str, prefetch: int = 5000) -> Receiver:
        """Return a receiver of some queues, or of the ordered one."""
        made = self.broker.receiver(queues or (self.queue,), prefetch=prefetch)
        self._receivers.append(made)
        return made

    def take(self, receiver: Receiver, count: int) -> list[Delivery]:
        """Receive until `count` messages are there.

        Raises:
            AssertionError: They do not come.
        """
        found: list[Delivery] = []
        until = time.monotonic() + PATIENCE_SECONDS
        while len(found) < count and time.monotonic() < until:
            found += receiver.receive(limit=count - len(found), timeout_seconds=1.0)
        assert len(found) == count, f"{len(found)} of {count} messages came"  # noqa: S101 - a test's helper
        return found

    def rest(self, receiver: Receiver) -> list[Delivery]:
        """Receive until nothing comes any more; return it."""
        found: list[Delivery] = []
        while more := receiver.receive(limit=1000, timeout_seconds=SILENCE_SECONDS):
            found += more
        return found

    def close(self) -> None:
        """Close every connection; queues stay."""
        self.publisher.close()
        for receiver in self._receivers:
            receiver.close()
