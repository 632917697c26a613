"""Publishing to RabbitMQ: sends a batch in a few writes, and returns the publish result of every message.

Pattern: publisher confirms, pipelined (rabbitmq.com/docs/confirms, "Publisher Confirms").
"""

import struct
import time
from collections.abc import Sequence
from typing import Any

from amqp.exceptions import (
    ChannelError,
    ContentTooLarge,
    FrameError,
    FrameSyntaxError,
    NotFound,
    PreconditionFailed,
    UnexpectedFrame,
)
from typing_extensions import override

from postroad.brokers.rabbitmq.confirms import Confirms
from postroad.brokers.rabbitmq.connection import LOST, Server, close, collect, connect, describe
from postroad.brokers.rabbitmq.frames import Packer
from postroad.errors import BrokerUnavailable
from postroad.logs import logger
from postroad.messaging.broker import Publisher, PublishResult
from postroad.messaging.conf import MessagingSettings
from postroad.messaging.message import Outgoing

log = logger(__name__)

MAX_OPEN = 1000
"""Maximum of unanswered messages: more are not faster (measured), and all of them are sent again after a lost connection."""

_WRITE_MESSAGES = 250  # messages of one write: the broker works on them while the next ones are packed
_WRITE_BYTES = 1_000_000  # bytes of one write; the message that exceeds it is still included
_ITS_OWN_FAULT = (PreconditionFailed, ContentTooLarge)
"""Codes of channel errors that the message itself causes: above `max_message_size`, say.  Others are due to its destination."""
_ENDS_CONNECTION = (FrameError, FrameSyntaxError, UnexpectedFrame)
"""Codes of connection errors that only sent data can cause; if one message was sent, it is that message."""
_SHOWN = 600  # characters of a log field
_IDLE_SECONDS = 1.0  # after a longer pause the connection is checked before it is used


class RabbitMQPublisher(Publisher):
    """Sends batches on one connection and channel, opened at first use and after a loss.  One thread."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection: Any = None
        self._channel: Any = None
        self._confirms: Confirms | None = None
        self._packer: Packer | None = None
        self._used_at = 0.0
        self._impossible: set[tuple[str, str]] = set()

    @override
    def publish(self, batch: Sequence[Outgoing]) -> list[PublishResult]:
        results = [PublishResult.UNKNOWN] * len(batch)
        self._impossible.clear()
        if batch:
            self._check_idle()
            try:
                self._publish(batch, results)
            except (BrokerUnavailable, *LOST) as error:
                log.warning(
                    "connection lost while publishing",
                    extra={
                        "broker": self._server.url,
                        "error": describe(error),
                        "unknown": results.count(PublishResult.UNKNOWN),
                    },
                )
                if len(batch) == 1 and isinstance(error, _ENDS_CONNECTION):
                    self._give_up(batch, results, 0, error)
                self._drop()
            self._used_at = time.monotonic()
        return results

    @override
    def settled(self) -> list[str]:
        return []

    @override
    def close(self) -> None:
        connection, self._connection = self._connection, None
        self._forget_channel()
        if connection is not None:
            close(connection)

    def _publish(self, batch: Sequence[Outgoing], results: list[PublishResult]) -> None:
        """Publish all; if the broker closes the channel, find the message that caused it, and publish the others again.

        Messages before that one are published twice then; consumers drop the second copy.
        """
        left = list(range(len(batch)))
        for _ in range(2):
            try:
                self._send(batch, results, left)
            except ChannelError as error:
                left = self._after(error, batch, results)
            else:
                return
        for index in left:
            try:
                self._send(batch, results, [index])
            except ChannelError as error:
                self._restart(error)
                if isinstance(error, _ITS_OWN_FAULT):
                    self._give_up(batch, results, index, error)
                else:
                    results[index] = PublishResult.UNROUTABLE if isinstance(error, NotFound) else PublishResult.REFUSED

    def _send(self, batch: Sequence[Outgoing], results: list[PublishResult], indices: Sequence[int]) -> None:
        """Send some messages of a batch and wait for all answers.

        Raises:
            ChannelError: The broker closed the channel over one of them.
            OSError: The connection is lost, or the answers did not arrive in time.
        """
        confirms, packer = self._open()
        confirms.begin(batch, results)
        frames: list[bytes] = []
        size = 0
        for index in indices:
            outgoing = batch[index]
            if self._impossible and _place(outgoing) in self._impossible:
                results[index] = PublishResult.BEHIND
                continue
            try:
                packed = packer.pack(outgoing)
            except (ValueError, struct.error) as error:
                self._give_up(batch, results, index, error)
                continue
            frames.append(packed)
            size += len(packed)
            confirms.expect(index)
            if len(frames) >= _WRITE_MESSAGES or size >= _WRITE_BYTES:
                self._write(frames)
                size = 0
                self._await(confirms, most_left=MAX_OPEN - _WRITE_MESSAGES)
        self._write(frames)
        self._await(confirms, most_left=0)

    def _write(self, frames: list[bytes]) -> None:
        if frames:
            self._connection.transport.write(b"".join(frames))
            frames.clear()

    def _await(self, confirms: Confirms, *, most_left: int) -> None:
        """Read answers until few enough are outstanding; each may take `confirm_seconds`, so a blocking broker raises an error."""
        while confirms.left > most_left:
            self._connection.drain_events(timeout=self._connection.sock.gettimeout())

    def _after(self, error: ChannelError, batch: Sequence[Outgoing], results: list[PublishResult]) -> list[int]:
        """Mark the messages to missing exchanges; return those to send again."""
        left = [index for index, result in enumerate(results) if result is PublishResult.UNKNOWN]
        self._restart(error)
        used = {batch[index].address.channel for index in left if batch[index].address.route}
        missing = self._find_missing(used)
        again = []
        for index in left:
            address = batch[index].address
            if address.route and address.channel in missing:
                results[index] = PublishResult.UNROUTABLE
            else:
                again.append(index)
        return again

    def _find_missing(self, exchanges: set[str]) -> set[str]:
        """Return the exchanges that do not exist."""
        missing = set()
        for name in sorted(exchanges):
            channel = self._connection.channel()
            try:
                channel.exchange_declare(name, "direct", passive=True, auto_delete=False)
            except NotFound:
                missing.add(name)  # py-amqp has reopened the channel by itself
            channel.close()
        if missing:
            log.warning("exchanges do not exist", extra={"exchanges": sorted(missing)})
        return missing

    def _open(self) -> tuple[Confirms, Packer]:
        if self._confirms is None or self._packer is None:
            if self._connection is None:
                self._connection = connect(self._server, timeout_seconds=MessagingSettings.current().confirm_seconds)
            self._channel = self._connection.channel()
            self._confirms = Confirms(self._channel)
            self._packer = Packer(channel=self._channel.channel_id, frame_max=self._connection.frame_max)
        return self._confirms, self._packer

    def _restart(self, error: ChannelError) -> None:
        """Drop a channel that the broker closed.

        py-amqp has reopened it by itself, but without confirms, and its count of messages does not match ours any more.

        Raises:
            ChannelError: The broker closed the connection, not only the channel.
        """
        channel = self._channel
        self._forget_channel()
        if not self._connection.connected:
            raise error
        channel.close()

    def _check_idle(self) -> None:
        """Detect that the broker closed the idle connection, so that no message is sent on it in vain."""
        if self._connection is None or time.monotonic() - self._used_at < _IDLE_SECONDS:
            return
        try:
            self._connection.drain_events(timeout=0)
        except TimeoutError:
            pass  # nothing to read: the connection is open
        except LOST as error:
            log.info("connection was closed while idle", extra={"broker": self._server.url, "error": describe(error)})
            self._drop()

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        self._forget_channel()
        if connection is not None:
            collect(connection)

    def _forget_channel(self) -> None:
        self._channel = self._confirms = self._packer = None

    def _give_up(self, batch: Sequence[Outgoing], results: list[PublishResult], index: int, error: Exception) -> None:
        """Mark a message that can never be sent, and the later ones of its key, so that they do not overtake it."""
        outgoing = batch[index]
        results[index] = PublishResult.IMPOSSIBLE
        if outgoing.envelope.key:
            self._impossible.add(_place(outgoing))
        log.error(
            "message cannot be sent",
            extra={
                "message_id": outgoing.envelope.id[:80],
                "address": str(outgoing.address)[:_SHOWN],
                "error": describe(error)[:_SHOWN],
            },
        )


def _place(outgoing: Outgoing) -> tuple[str, str]:
    """Return what a message is ordered by: its channel and its key."""
    return outgoing.address.channel, outgoing.envelope.key
