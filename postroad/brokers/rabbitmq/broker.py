"""RabbitMQ 3.10 and later, over AMQP 0-9-1 with py-amqp.

Delivery: at least once.  A message is confirmed when a majority of the queue's replicas has it on disk; what no queue
    takes comes back as unroutable; a lost connection leaves results unknown, and the message is to be sent again.
Ordering: per queue; an ordered queue has one active consumer, and what it leaves unacknowledged returns to its place.
    A message sent again after a lost connection may stand twice, the first copy in its right place.
Acknowledgement: by the receiver, many at once where they are the oldest ones; a rejected message goes to the
    dead-letter queue, as does one delivered more often than the setting DELIVERY_LIMIT, with the reason in `x-death`.
Delay: none here (the outbox delays).
Size limit (bytes): the broker's `max_message_size`, by default 16777216 in 4.x and 134217728 before; all properties
    and headers of a message together 131064, each address part and property 255, as UTF-8.  What is larger is impossible: the sender is refused it (`messaging.sendable`), or the relay sets it aside.
Connection URL: `amqp://user:password@host:5672/vhost`, `amqps://…` for TLS, with `?cacertfile=…&certfile=…&keyfile=…`.
"""

from collections.abc import Sequence

from typing_extensions import override

from postroad.brokers.rabbitmq.connection import read_url
from postroad.brokers.rabbitmq.declare import declare, unbind
from postroad.brokers.rabbitmq.inspect import inspect
from postroad.brokers.rabbitmq.publisher import RabbitMQPublisher
from postroad.brokers.rabbitmq.receiver import RabbitMQReceiver
from postroad.messaging.broker import Broker, Inspection
from postroad.messaging.topology import Binding, Topology


class RabbitMQ(Broker):
    """The broker at one URL; holds no connection itself, so it may be shared by threads and inherited by a fork."""

    is_durable = True

    def __init__(self, url: str) -> None:
        self._server = read_url(url)

    @override
    def declare(self, topology: Topology) -> None:
        declare(self._server, topology)

    @override
    def unbind(self, bindings: Sequence[Binding]) -> None:
        unbind(self._server, bindings)

    @override
    def inspect(self, topology: Topology) -> Inspection:
        return inspect(self._server, topology)

    @override
    def publisher(self) -> RabbitMQPublisher:
        return RabbitMQPublisher(self._server)

    @override
    def receiver(self, queues: Sequence[str], *, prefetch: int) -> RabbitMQReceiver:
        return RabbitMQReceiver(self._server, queues, prefetch=prefetch)

    @override
    def close(self) -> None:
        """Nothing to give back."""
