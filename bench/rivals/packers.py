"""Our publisher with the frames of other libraries: py-amqp's own `basic_publish`, and pamqp.

Batches, confirms and everything after them are the same; only who packs a message differs.  Headers are text, as ours.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol, cast

import amqp
from pamqp import body, commands, frame, header
from typing_extensions import override

from postroad.brokers.rabbitmq.confirms import Confirms
from postroad.brokers.rabbitmq.connection import Server
from postroad.brokers.rabbitmq.frames import Packer
from postroad.brokers.rabbitmq.publisher import RabbitMQPublisher
from postroad.messaging.message import Outgoing

_PERSISTENT = 2
_FRAME_OVERHEAD = 8  # bytes of a frame around its payload


class Packs(Protocol):
    """Turns messages into the bytes of their frames."""

    def pack(self, outgoing: Outgoing) -> bytes:
        """Return the frames of one message; empty if they are sent already."""
        ...


class PyAmqp(Packs):
    """py-amqp packs and writes each message by itself."""

    def __init__(self, channel: Any, frame_max: int) -> None:
        self._channel = channel

    @override
    def pack(self, outgoing: Outgoing) -> bytes:
        exchange, key = _target(outgoing)
        message = amqp.Message(outgoing.envelope.body, **_properties(outgoing))
        self._channel.basic_publish(message, exchange, key, mandatory=not outgoing.is_broadcast)
        return b""


class Pamqp(Packs):
    """pamqp packs the three frames; they are written together, as ours."""

    def __init__(self, channel: Any, frame_max: int) -> None:
        self._channel_id, self._chunk_bytes = channel.channel_id, frame_max - _FRAME_OVERHEAD

    @override
    def pack(self, outgoing: Outgoing) -> bytes:
        exchange, key = _target(outgoing)
        content = outgoing.envelope.body
        properties = _properties(outgoing)
        properties["message_type"] = properties.pop("type")
        properties["timestamp"] = datetime.fromtimestamp(properties["timestamp"], UTC)
        chunks = range(0, len(content), self._chunk_bytes)
        frames: list[frame.FrameTypes] = [
            commands.Basic.Publish(exchange=exchange, routing_key=key, mandatory=not outgoing.is_broadcast),
            header.ContentHeader(body_size=len(content), properties=commands.Basic.Properties(**properties)),
            *(body.ContentBody(content[start : start + self._chunk_bytes]) for start in chunks),
        ]
        return b"".join(frame.marshal(each, self._channel_id) for each in frames)


class PeerPublisher(RabbitMQPublisher):
    """Publishes as ours, with the frames of another library."""

    def __init__(self, server: Server, make: Callable[[Any, int], Packs]) -> None:
        super().__init__(server)
        self._make = make

    @override
    def _open(self) -> tuple[Confirms, Packer]:
        confirms, packer = super()._open()
        if isinstance(packer, Packer):
            packer = self._packer = cast("Packer", self._make(self._channel, self._connection.frame_max))
        return confirms, packer


def _target(outgoing: Outgoing) -> tuple[str, str]:
    channel, route = outgoing.address.channel, outgoing.address.route
    return (channel, route) if route else ("", channel)


def _properties(outgoing: Outgoing) -> dict[str, Any]:
    envelope = outgoing.envelope
    given = {
        "content_type": envelope.content_type,
        "correlation_id": envelope.correlation_id,
        "reply_to": envelope.reply_to,
        "message_id": envelope.id,
        "type": envelope.type,
        "app_id": envelope.app_id,
        "timestamp": envelope.sent_at,
    }
    set_ = {name: value for name, value in given.items() if value}
    return {**set_, "headers": dict(envelope.headers), "delivery_mode": _PERSISTENT}
