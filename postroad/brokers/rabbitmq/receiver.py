"""Receiving from RabbitMQ without Celery: one connection, one channel for each queue."""

import select
import ssl
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from typing_extensions import override

from postroad.brokers.rabbitmq.connection import LOST, Server, close, collect, connect, unavailable
from postroad.brokers.rabbitmq.consumer import QueueConsumer, QueueMissing
from postroad.errors import BrokerUnavailable
from postroad.messaging.broker import Delivery, Receiver
from postroad.messaging.conf import MessagingSettings

_REST_SECONDS = 1.0  # longest wait for the rest of a partly received message; the next call continues


class RabbitMQReceiver(Receiver):
    """Receives messages from some queues.  One thread; connects at the first `receive` and again after a lost connection."""

    def __init__(self, server: Server, queues: Sequence[str], *, prefetch: int) -> None:
        self._server, self._prefetch = server, prefetch
        self._last_tags = dict.fromkeys(queues, 0)
        self._consumers: dict[str, QueueConsumer] = {}
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
        by_queue: dict[str, list[Delivery]] = {}
        for delivery in deliveries:
            by_queue.setdefault(delivery.queue, []).append(delivery)
        try:
            for queue, own in by_queue.items():
                if queue in self._consumers:
                    self._consumers[queue].ack(own)
        except LOST as error:
            self._lose(error)

    @override
    def reject(self, delivery: Delivery) -> None:
        if delivery.queue in self._consumers:
            try:
                self._consumers[delivery.queue].reject(delivery)
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
        self._connection = connect(self._server, timeout_seconds=MessagingSettings.current().confirm_seconds)
        self._poller = select.poll()
        self._poller.register(self._connection.sock, select.POLLIN)
        for queue, last in self._last_tags.items():
            self._consumers[queue] = QueueConsumer(
                self._connection, queue, prefetch=self._prefetch, on_delivery=self._buffer.append, base=last
            )

    def _read(self, limit: int, until: float) -> None:
        """Read messages that have arrived, at most `limit`; wait only for the first.

        The socket is read only if it has data: py-amqp with a timeout of 0 loops while half a frame has arrived.
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

    def _lose(self, error: BaseException) -> None:
        """Drop the connection; the next `receive` raises the error."""
        connection, self._connection = self._connection, None
        self._broke = self._tell(error)
        self._forget()
        if connection is not None:
            collect(connection)

    def _tell(self, error: BaseException) -> BrokerUnavailable:
        if isinstance(error, BrokerUnavailable):
            return error
        if isinstance(error, QueueMissing):
            return BrokerUnavailable(f"{error} at {self._server.url}; declare it (manage.py declare_channels).")
        return unavailable(self._server, error)

    def _report_loss(self) -> None:
        broke, self._broke = self._broke, None
        if broke is not None:
            raise broke

    def _forget(self) -> None:
        self._buffer.clear()
        for queue, consumer in self._consumers.items():
            self._last_tags[queue] = consumer.last
            consumer.lose()
        self._consumers.clear()
