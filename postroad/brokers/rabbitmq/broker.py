"""RabbitMQ 3.10 and later, over AMQP 0-9-1 with py-amqp.

Delivery: at least once.  A message is confirmed when a majority of the queue's replicas has it on disk; a message that no
    queue takes is returned as unroutable; after a lost connection the result is unknown, and the message is to be sent again.
Ordering: per queue; an ordered queue has one active consumer, and its unacknowledged messages return to their places.
    A message sent again after a lost connection may be in the queue twice, the first copy in the right place.
Acknowledgement: by the receiver, many at once if they are the oldest ones; a rejected message goes to the
    dead-letter queue, as does one delivered more often than the setting DELIVERY_LIMIT, with the reason in `x-death`.
Delay: none here (the outbox delays).
Size limit (bytes): the broker's `max_message_size`, by default 16777216 in 4.x and 134217728 before; all properties
    and headers of a message together 131064, each address part and property 255, as UTF-8.  A larger message is impossible: sending it raises an error
    (`outbox.sendable`), or the relay sets it aside.
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
    """The broker at one URL; it has no connection itself, so threads may share it and a forked process may use it."""

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
        """Do nothing: this object holds no connection."""
