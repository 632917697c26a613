"""A consumer of one queue, on a channel of its own and a connection that its owner passes in.

The receiver and Celery workers share it.  Each queue has a channel, so that one acknowledgement of many messages settles
messages of this queue only.
"""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import IO, Any

import amqp
from amqp.exceptions import ChannelError, NotFound, RecoverableConnectionError
from amqp.spec import Basic
from typing_extensions import override

from postroad.brokers.rabbitmq.bodies import BodyGate, Nowhere, Sink
from postroad.brokers.rabbitmq.envelope import delivery_of
from postroad.messaging.broker import Delivery
from postroad.messaging.conf import MessagingSettings

OPEN_SECONDS = 15.0
"""Longest wait for each answer while a consumer is opened: a quorum queue without leader never answers `basic.consume`."""


class QueueMissing(RecoverableConnectionError):  # type: ignore[misc]  # py-amqp has no types
    """The queue does not exist at the broker."""


@dataclass(slots=True, kw_only=True)
class _Held:
    """An unsettled message: the size of its body, and the file with the body if it is not in memory."""

    body_bytes: int
    file: IO[bytes] | None = None


class QueueConsumer:
    """Receives messages of one queue, at most `prefetch` unacknowledged ones.

    All consumers of a connection together keep at most CONSUMER_MESSAGE_BYTES of bodies in memory; further bodies are in
    files, which exist until their messages are settled.

    Attributes:
        queue: Its name.
        last: Largest tag used; tags are the broker's plus `base`, so that they grow over many connections.

    Raises:
        QueueMissing: There is no such queue.
        AMQPError: The connection broke; every method may raise it.
        TimeoutError: The broker did not answer for `OPEN_SECONDS`; the connection cannot be used any more.
    """

    def __init__(
        self, connection: Any, queue: str, *, prefetch: int, on_delivery: Callable[[Delivery], None], base: int = 0
    ) -> None:
        self.queue, self.last, self._base = queue, base, base
        self._connection, self._on_delivery = connection, on_delivery
        self._most_bytes = MessagingSettings.current().consumer_message_bytes
        self._gate = BodyGate.of(connection)
        self._open: dict[int, _Held] = {}
        self._arriving: list[_Held] = []  # empty, or one: messages of a channel arrive one after the other
        self._channel = self._start(prefetch)

    def _start(self, prefetch: int) -> "_Channel":
        channel = _Channel(self._connection, auto_decode=False)  # the body stays bytes, for any declared encoding
        self._gate.watch(channel.channel_id, self._choose)
        with self._connection.transport.having_timeout(OPEN_SECONDS):
            channel.open()
            channel.basic_qos(0, prefetch, a_global=False)
            try:
                channel.basic_consume(self.queue, callback=self._on_message)
            except RecoverableConnectionError as error:
                if isinstance(error.__cause__, NotFound):
                    raise QueueMissing(f"queue {self.queue!r} does not exist") from error
                raise
        return channel

    @property
    def is_lost(self) -> bool:
        """Whether no more messages will arrive, although the connection may be open and no error was raised."""
        return bool(self._channel.is_lost)

    def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Acknowledge: the oldest open ones together, the others one by one; tags that are not open are ignored."""
        tags = {delivery.tag for delivery in deliveries} & self._open.keys()
        oldest = _oldest(self._open, tags)
        if oldest:
            self._channel.basic_ack(oldest - self._base, multiple=True)
        for tag in sorted(tags):
            self._settle(tag)
            if tag > oldest:
                self._channel.basic_ack(tag - self._base)

    def reject(self, delivery: Delivery) -> None:
        """Let the broker move it to the dead-letter queue; a tag that is not open is ignored."""
        if delivery.tag in self._open:
            self._settle(delivery.tag)
            self._channel.basic_reject(delivery.tag - self._base, requeue=False)

    def close(self) -> None:
        """Close the channel: unacknowledged messages return to their places in the queue.

        `basic.cancel` is not used: it lets the next consumer of an ordered queue start while this one holds earlier messages.
        """
        self._gate.watch(self._channel.channel_id, lambda _: Nowhere())
        try:
            self._channel.close()
        finally:
            self._gate.forget(self._channel.channel_id)
            self.lose()

    def lose(self) -> None:
        """Drop the unsettled messages: their connection is lost, or the channel closed."""
        for held in (*self._open.values(), *self._arriving):
            self._let_go(held)
        self._open.clear()
        self._arriving.clear()

    def _settle(self, tag: int) -> None:
        self._let_go(self._open.pop(tag))

    def _let_go(self, held: _Held) -> None:
        if held.file is None:
            self._gate.held -= held.body_bytes
        else:
            held.file.close()

    def _choose(self, body_bytes: int) -> Sink | None:
        """Return a file for the body of the next message if it is too large for memory.

        Raises:
            OSError: There is no space for files: the connection ends, and its messages are delivered again.
        """
        file: IO[bytes] | None = None
        if self._gate.held + body_bytes <= self._most_bytes:
            self._gate.held += body_bytes
        else:
            file = tempfile.NamedTemporaryFile(prefix="postroad-", suffix=".body")  # noqa: SIM115 - `_let_go` closes it
        self._arriving.append(_Held(body_bytes=body_bytes, file=file))
        return file

    def _on_message(self, message: Any) -> None:
        self.last = self._base + message.delivery_info["delivery_tag"]
        held = self._open[self.last] = self._arriving.pop()
        delivery = delivery_of(self.queue, message, tag=self.last)
        if held.file is not None:
            held.file.flush()
            delivery = replace(delivery, body_path=held.file.name, body_bytes=held.body_bytes)
        self._on_delivery(delivery)


class _Channel(amqp.Channel):  # type: ignore[misc]  # py-amqp has no types
    """A channel that also ends its connection when the broker closes it.

    py-amqp reopens a channel that the broker has closed, but without its consumer, and Celery only logs the error
    or, while it starts, ignores it (`_quick_drain`): the queue would have no consumer any more.

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
    """Return the last tag of the longest run of oldest open tags that are all in `tags`; 0 if the oldest is not."""
    found = 0
    for tag in open_tags:
        if tag not in tags:
            break
        found = tag
    return found
