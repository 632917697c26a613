"""Receiving from RabbitMQ outside Celery: one connection, one channel a queue.  Not: what to do with the messages."""

import select
import ssl
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from amqp.exceptions import NotFound
from typing_extensions import override

from postroad.brokers.rabbitmq_connection import LOST, Server, close, collect, connect, unavailable
from postroad.brokers.rabbitmq_envelope import delivery_of
from postroad.conf import settings
from postroad.errors import BrokerUnavailable
from postroad.messaging.broker import Delivery, Receiver

_REST_SECONDS = 1.0  # the rest of a message that has begun to arrive; if it takes longer, the next call goes on


@dataclass(slots=True)
class _Line:
    """One queue on the present connection.

    Attributes:
        base: Tags we gave out on earlier connections end here; ours are this plus the broker's, so that they grow.
        open: Our tags of what is not acknowledged, in order.
    """

    queue: str
    channel: Any = None
    base: int = 0
    last: int = 0
    open: dict[int, None] = field(default_factory=dict)


class RabbitMQReceiver(Receiver):
    """Takes messages from some queues.  One thread; connects at the first `receive` and again after a loss."""

    def __init__(self, server: Server, queues: Sequence[str], *, prefetch: int) -> None:
        self._server, self._prefetch = server, prefetch
        self._lines = {queue: _Line(queue) for queue in queues}
        self._buffer: deque[Delivery] = deque()
        self._connection: Any = None
        self._poller = select.poll()
        self._broke: BrokerUnavailable | None = None

    @override
    def receive(self, *, limit: int, timeout_seconds: float) -> list[Delivery]:
        self._report_loss()
        try:
            if self._connection is None:
                self._open()
            self._read(limit, time.monotonic() + timeout_seconds)
        except (BrokerUnavailable, *LOST) as error:
            self._lose(error)
            self._report_loss()
        return [self._buffer.popleft() for _ in range(min(limit, len(self._buffer)))]

    @override
    def ack(self, deliveries: Sequence[Delivery]) -> None:
        tags: dict[str, set[int]] = {}
        for delivery in deliveries:
            tags.setdefault(delivery.queue, set()).add(delivery.tag)
        for queue, own in tags.items():
            self._settle(self._lines[queue], own)

    @override
    def reject(self, delivery: Delivery) -> None:
        line = self._lines[delivery.queue]
        if delivery.tag not in line.open:
            return
        del line.open[delivery.tag]
        try:
            line.channel.basic_reject(delivery.tag - line.base, requeue=False)
        except LOST as error:
            self._lose(error)

    @override
    def close(self) -> None:
        connection, self._connection = self._connection, None
        self._forget()
        self._broke = None
        if connection is not None:
            close(connection)

    def _open(self) -> None:
        self._connection = connect(self._server, timeout_seconds=settings().confirm_seconds)
        self._poller = select.poll()
        self._poller.register(self._connection.sock, select.POLLIN)
        for line in self._lines.values():
            self._consume(line)

    def _consume(self, line: _Line) -> None:
        """Start a consumer on a channel of its own, so that one acknowledgement settles many of this queue only.

        Raises:
            BrokerUnavailable: The queue does not exist.
        """
        line.channel = channel = self._connection.channel()
        line.base = line.last
        channel.auto_decode = False  # a body is bytes whatever its content encoding says
        channel.basic_qos(0, self._prefetch, a_global=False)

        def on_message(message: Any) -> None:
            line.last = line.base + message.delivery_info["delivery_tag"]
            line.open[line.last] = None
            self._buffer.append(delivery_of(line.queue, message, tag=line.last))

        try:
            channel.basic_consume(line.queue, callback=on_message)
        except NotFound as error:
            raise BrokerUnavailable(
                f"queue {line.queue!r} does not exist at {self._server.url}; declare it (manage.py declare_channels)."
            ) from error

    def _read(self, limit: int, until: float) -> None:
        """Read what has arrived, until `limit` messages are there; wait only for the first.

        Only a socket that has data is read: py-amqp with a timeout of 0 spins while half a frame is there.
        """
        with self._connection.transport.having_timeout(_REST_SECONDS), suppress(TimeoutError):
            while len(self._buffer) < limit:
                wait_seconds = 0.0 if self._buffer else max(0.0, until - time.monotonic())
                if not self._has_data(wait_seconds):
                    return
                self._connection.drain_events()

    def _has_data(self, wait_seconds: float) -> bool:
        sock = self._connection.sock
        has_decrypted = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
        return has_decrypted or bool(self._poller.poll(wait_seconds * 1000))

    def _settle(self, line: _Line, tags: set[int]) -> None:
        """Acknowledge some tags: the oldest open ones together, the rest one by one."""
        tags &= line.open.keys()
        oldest = _oldest(line.open, tags)
        try:
            if oldest:
                line.channel.basic_ack(oldest - line.base, multiple=True)
            for tag in sorted(tags):
                del line.open[tag]
                if tag > oldest:
                    line.channel.basic_ack(tag - line.base)
        except LOST as error:
            self._lose(error)

    def _lose(self, error: BaseException) -> None:
        """Drop the connection; the next `receive` tells."""
        connection, self._connection = self._connection, None
        self._broke = error if isinstance(error, BrokerUnavailable) else unavailable(self._server, error)
        self._forget()
        if connection is not None:
            collect(connection)

    def _report_loss(self) -> None:
        broke, self._broke = self._broke, None
        if broke is not None:
            raise broke

    def _forget(self) -> None:
        self._buffer.clear()
        for line in self._lines.values():
            line.channel = None
            line.open.clear()


def _oldest(open_tags: Iterable[int], tags: set[int]) -> int:
    """Return the last of the open tags, from the oldest on, that are all in `tags`; 0 if the oldest is not."""
    found = 0
    for tag in open_tags:
        if tag not in tags:
            break
        found = tag
    return found
