"""Writes large bodies to files: it handles the frames of a message before py-amqp assembles it.

py-amqp keeps all frames of a body and joins them at the end, so it needs twice the body's memory; and RabbitMQ limits
unacknowledged messages by number, not by bytes (`prefetch-size` is not implemented).  So this module reads each content
header first: the consumer of its channel may return a sink.  The body is written there frame by frame; after the last frame,
py-amqp sees a message without body.

Source: AMQP 0-9-1 §2.3.5 (a message is a method frame, a header frame and body frames, unbroken within its channel).
"""

from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import Any, Protocol

_KIND_HEADER, _KIND_BODY = 2, 3
_CONTENT = Struct(">HHQ")  # class, weight, size of the body

Frame = tuple[int, int, bytes]
"""Kind, channel, payload, as py-amqp's transport reads it."""


class Sink(Protocol):
    """Receives a body that is not kept in memory: a file, or `Nowhere`."""

    def write(self, data: bytes, /) -> object:
        """Receive the next part of it."""
        ...


class Nowhere:
    """Drops a body that will not be used."""

    def write(self, data: bytes, /) -> None:
        """Drop it."""


@dataclass(slots=True, kw_only=True)
class _Passing:
    """A body on its way into a sink."""

    header: Frame
    sink: Sink
    left: int


class BodyGate:
    """Handles frames before py-amqp's reader does; one for each connection, used by the connection's one thread.

    Attributes:
        held: Bytes in memory of messages that consumers of this connection have taken and not yet settled.
    """

    def __init__(self, connection: Any) -> None:
        self.held = 0
        self._connection, self._read = connection, connection.on_inbound_frame
        self._choices: dict[int, Callable[[int], Sink | None]] = {}
        self._passing: dict[int, _Passing] = {}

    @classmethod
    def of(cls, connection: Any) -> "BodyGate":
        """Return the gate of an open connection, created at the first call."""
        if not isinstance(connection.on_inbound_frame, cls):
            connection.on_inbound_frame = cls(connection)
        gate: BodyGate = connection.on_inbound_frame
        return gate

    def watch(self, channel: int, choose: Callable[[int], Sink | None]) -> None:
        """Ask `choose` for each body on a channel: it gets the size, and returns a sink, or None to have it read."""
        self._choices[channel] = choose

    def forget(self, channel: int) -> None:
        """Do not ask any more."""
        self._choices.pop(channel, None)

    def __call__(self, frame: Frame) -> bool:
        """Handle one frame; return whether it completed a method or message, as py-amqp's own reader does."""
        kind, channel, payload = frame
        if kind == _KIND_BODY and channel in self._passing:
            return self._pass(self._passing[channel], channel, payload)
        if kind == _KIND_HEADER and channel in self._choices:
            size = _CONTENT.unpack_from(payload)[2]
            sink = self._choices[channel](size)
            if sink is not None and size:
                self._passing[channel] = _Passing(header=frame, sink=sink, left=size)
                return False
        return bool(self._read(frame))

    def _pass(self, passing: _Passing, channel: int, payload: bytes) -> bool:
        self._connection.bytes_recv += 1  # by this counter py-amqp sees that the peer is alive
        passing.sink.write(payload)
        passing.left -= len(payload)
        if passing.left > 0:
            return False
        del self._passing[channel]
        kind, _, header = passing.header
        category, weight, _ = _CONTENT.unpack_from(header)
        return bool(self._read((kind, channel, _CONTENT.pack(category, weight, 0) + header[_CONTENT.size :])))
