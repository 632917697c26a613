"""One queue consumed on a channel of its own, on somebody else's connection.  Not: the connection or its event loop.

Shared by the receiver and by Celery workers.  A channel for each queue, so that one acknowledgement of many settles
messages of this queue only.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import amqp
from amqp.exceptions import ChannelError, NotFound, RecoverableConnectionError
from amqp.spec import Basic
from typing_extensions import override

from postroad.brokers.rabbitmq_envelope import delivery_of
from postroad.messaging.broker import Delivery

OPEN_SECONDS = 15.0
"""Longest wait for one answer while a consumer is opened: a quorum queue without leader never answers `basic.consume`."""


class QueueMissing(RecoverableConnectionError):  # type: ignore[misc]  # py-amqp has no types
    """The queue does not exist at the broker."""


class QueueConsumer:
    """Takes messages of one queue, at most `prefetch` unacknowledged ones.

    Attributes:
        queue: Its name.
        last: Largest tag given out; tags are the broker's plus `base`, so that they grow over many connections.

    Raises:
        QueueMissing: There is no such queue.
        AMQPError: The connection broke; so in every method.
        TimeoutError: The broker has not let us in for `OPEN_SECONDS`; the connection is of no more use.
    """

    def __init__(
        self, connection: Any, queue: str, *, prefetch: int, on_delivery: Callable[[Delivery], None], base: int = 0
    ) -> None:
        self.queue, self.last, self._base = queue, base, base
        self._on_delivery = on_delivery
        self._open: dict[int, None] = {}
        self._channel = _Channel(connection, auto_decode=False)  # a body is bytes whatever its encoding says
        with connection.transport.having_timeout(OPEN_SECONDS):
            self._start(prefetch)

    def _start(self, prefetch: int) -> None:
        self._channel.open()
        self._channel.basic_qos(0, prefetch, a_global=False)
        try:
            self._channel.basic_consume(self.queue, callback=self._on_message)
        except RecoverableConnectionError as error:
            if isinstance(error.__cause__, NotFound):
                raise QueueMissing(f"queue {self.queue!r} does not exist") from error
            raise

    @property
    def is_lost(self) -> bool:
        """Whether nothing will come any more, although the connection may live; nobody may have been told."""
        return bool(self._channel.is_lost)

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Acknowledge: the oldest open ones together, the rest one by one; what is not open is ignored."""
        tags = {delivery.tag for delivery in deliveries} & self._open.keys()
        oldest = _oldest(self._open, tags)
        if oldest:
            self._channel.basic_ack(oldest - self._base, multiple=True)
        for tag in sorted(tags):
            del self._open[tag]
            if tag > oldest:
                self._channel.basic_ack(tag - self._base)

    def reject(self, delivery: Delivery) -> None:
        """Let the broker move it to the dead-letter queue; what is not open is ignored."""
        if delivery.tag in self._open:
            del self._open[delivery.tag]
            self._channel.basic_reject(delivery.tag - self._base, requeue=False)

    def close(self) -> None:
        """Close the channel: what is unacknowledged returns to its place in the queue.

        Not `basic.cancel`: that lets the next consumer of an ordered queue start while we still hold earlier messages.
        """
        self._open.clear()
        self._channel.close()

    def _on_message(self, message: Any) -> None:
        self.last = self._base + message.delivery_info["delivery_tag"]
        self._open[self.last] = None
        self._on_delivery(delivery_of(self.queue, message, tag=self.last))


class _Channel(amqp.Channel):  # type: ignore[misc]  # py-amqp has no types
    """A channel whose end is the end of its connection.

    py-amqp opens a channel again that the broker has closed, but without its consumer, and Celery only logs the error
    or, while it starts, swallows it (`_quick_drain`): the queue would be served no more.

    Attributes:
        is_lost: The broker has closed the channel, or cancelled its consumer because the queue is gone.
    """

    is_lost = False

    @override
    def _on_close(self, *arguments: Any) -> None:
        self.is_lost = True
        try:
            super()._on_close(*arguments)
        except ChannelError as error:
            raise RecoverableConnectionError(str(error)) from error

    @override
    def _on_basic_cancel(self, consumer_tag: str) -> None:
        self.is_lost = True
        super()._on_basic_cancel(consumer_tag)

    @override
    def dispatch_method(self, method_sig: tuple[int, int], payload: bytes, content: Any) -> None:
        if not (self.is_closing and method_sig == Basic.Deliver):  # it returns to the queue with the channel
            super().dispatch_method(method_sig, payload, content)


def _oldest(open_tags: Iterable[int], tags: set[int]) -> int:
    """Return the last of the open tags, from the oldest on, that are all in `tags`; 0 if the oldest is not."""
    found = 0
    for tag in open_tags:
        if tag not in tags:
            break
        found = tag
    return found
