"""Bodies that go into files: what the frames of a message do before py-amqp assembles it.

py-amqp keeps every frame of a body and joins them in the end, twice the body at once, and RabbitMQ bounds what it hands
out by number, not by bytes (`prefetch-size` is not implemented).  So each content header is looked at first: the consumer
of its channel may give a sink.  The body goes there frame by frame, and when the last has come, py-amqp sees a message
without body.

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
    """Takes a body that does not go into memory: a file, or `Nowhere`."""

    def write(self, data: bytes, /) -> object:
        """Take the next part of it."""
        ...


class Nowhere:
    """Takes a body that nobody will have."""

    def write(self, data: bytes, /) -> None:
        """Forget it."""


@dataclass(slots=True, kw_only=True)
class _Passing:
    """A body on its way into a sink."""

    header: Frame
    sink: Sink
    left: int


class BodyGate:
    """Stands before py-amqp's reader of frames; one a connection, used by its one thread.

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
        """Return the gate of an open connection, made when it is first asked for."""
        if not isinstance(connection.on_inbound_frame, cls):
            connection.on_inbound_frame = cls(connection)
        gate: BodyGate = connection.on_inbound_frame
        return gate

    def watch(self, channel: int, choose: Callable[[int], Sink | None]) -> None:
        """Ask `choose` for each body on a channel: it gets the size, and returns a sink, or None to have it read."""
        self._choices[channel] = choose

    def forget(self, channel: int) -> None:
        """Ask no more."""
        self._choices.pop(channel, None)

    def __call__(self, frame: Frame) -> bool:
        """Take one frame; return whether it ended something, as py-amqp's own reader does."""
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
        self._connection.bytes_recv += 1  # py-amqp's sign of life
        passing.sink.write(payload)
        passing.left -= len(payload)
        if passing.left > 0:
            return False
        del self._passing[channel]
        kind, _, header = passing.header
        category, weight, _ = _CONTENT.unpack_from(header)
        return bool(self._read((kind, channel, _CONTENT.pack(category, weight, 0) + header[_CONTENT.size :])))
