"""`Outgoing` → the bytes of one published message.  Pure: no connection.

A message is a method frame, a header frame and body frames (AMQP 0-9-1 §2.3.5).  They are packed by hand because py-amqp
and pamqp take some 34 and 25 µs for a message, ten times as much, which costs the relay a quarter or a sixth of its rate
(figure P1, decision 42).  Values that repeat (addresses, types, header names) are packed once and cached.
"""

from collections.abc import Callable, Mapping
from struct import Struct
from typing import TypeVar

from postroad.messaging import headers as names
from postroad.messaging.message import Envelope, Outgoing

_FRAME = Struct(">BHI").pack  # kind, channel, size
_METHOD = Struct(">HHH").pack(60, 40, 0)  # basic.publish, reserved
_CONTENT = Struct(">HHQ").pack  # class, weight, size of the body
_SIZE = Struct(">I").pack
_LONG = Struct(">Q").pack
_FLAGS = Struct(">H").pack
_BASIC, _KIND_METHOD, _KIND_HEADER, _KIND_BODY = 60, 1, 2, 3
_MANDATORY = b"\x01"
_PERSISTENT = b"\x02"
_END = b"\xce"
_FRAME_OVERHEAD = 8  # bytes of a frame around its payload
_LONGEST_SHORT = 255  # bytes of a short string
_REMEMBERED = 4096  # maximum entries of one cache; it is emptied when full, so that it cannot grow without limit

_REPEATING = frozenset(
    {names.KIND, names.VERSION, names.AGGREGATE_TYPE, names.SAGA_TYPE, names.SAGA_STEP, names.OUTCOME}
)
"""Headers with few values."""

_CONTENT_TYPE, _HEADERS, _DELIVERY_MODE, _CORRELATION_ID = 0x8000, 0x2000, 0x1000, 0x0400
_REPLY_TO, _MESSAGE_ID, _TIMESTAMP, _TYPE, _APP_ID = 0x0200, 0x0080, 0x0040, 0x0020, 0x0008


K = TypeVar("K")


class Unpackable(ValueError):
    """A message that AMQP cannot carry."""


class _Cache(dict[K, bytes]):
    """Packs a key at first use."""

    def __init__(self, make: Callable[[K], bytes]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> bytes:
        if len(self) >= _REMEMBERED:
            self.clear()
        packed = self[key] = self._make(key)
        return packed


def _short(text: str) -> bytes:
    data = text.encode()
    if len(data) > _LONGEST_SHORT:
        raise Unpackable(f"{text[:60]!r}… has {len(data)} bytes, the maximum is {_LONGEST_SHORT}")
    return b"%c%b" % (len(data), data)


def _name(text: str) -> bytes:
    return _short(text) + b"S"


def _value(text: str) -> bytes:
    data = text.encode()
    return _SIZE(len(data)) + data


def _pair(pair: tuple[str, str]) -> bytes:
    return _name(pair[0]) + _value(pair[1])


class Packer:
    """Packs messages for one channel of one connection."""

    def __init__(self, *, channel: int, frame_max: int) -> None:
        self._channel, self._chunk_bytes = channel, frame_max - _FRAME_OVERHEAD
        self._methods = _Cache(self._method)
        self._shorts = _Cache(_short)
        self._names = _Cache(_name)
        self._pairs = _Cache(_pair)
        self._header_start = _KIND_HEADER.to_bytes(1, "big") + channel.to_bytes(2, "big")
        self._body_start = _END + _KIND_BODY.to_bytes(1, "big") + channel.to_bytes(2, "big")

    def pack(self, outgoing: Outgoing) -> bytes:
        """Return the frames of one message.

        Raises:
            Unpackable: An address or property is longer than AMQP allows; the text says which.
        """
        address, envelope = outgoing.address, outgoing.envelope
        properties = self._pack_properties(envelope)
        body, size = envelope.body, len(envelope.body)
        if 12 + len(properties) > self._chunk_bytes:
            raise Unpackable(f"properties and headers have {len(properties)} bytes, the maximum is {self._chunk_bytes}")
        start = (
            self._methods[address.channel, address.route, outgoing.is_broadcast],
            self._header_start,
            _SIZE(12 + len(properties)),
            _CONTENT(_BASIC, 0, size),
            properties,
        )
        if size <= self._chunk_bytes:
            return b"".join((*start, self._body_start, _SIZE(size), body, _END) if size else (*start, _END))
        return b"".join((*start, _END, *self._body_frames(body)))

    def _body_frames(self, body: bytes) -> list[bytes]:
        view, frames = memoryview(body), []
        for begin in range(0, len(body), self._chunk_bytes):
            chunk = view[begin : begin + self._chunk_bytes]
            frames.append(b"".join((_FRAME(_KIND_BODY, self._channel, len(chunk)), chunk, _END)))
        return frames

    def _method(self, target: tuple[str, str, bool]) -> bytes:
        channel, route, is_broadcast = target
        exchange, key = (channel, route) if route else ("", channel)
        payload = b"".join((_METHOD, _short(exchange), _short(key), b"\x00" if is_broadcast else _MANDATORY))
        return _FRAME(_KIND_METHOD, self._channel, len(payload)) + payload + _END

    def _pack_properties(self, envelope: Envelope) -> bytes:
        """Return flags and values, in the order of the wire (AMQP 0-9-1 §4.2.6.1)."""
        shorts, flags = self._shorts, _HEADERS | _DELIVERY_MODE
        parts = [b"", self._pack_headers(envelope.headers), _PERSISTENT]
        if envelope.content_type:
            flags |= _CONTENT_TYPE
            parts[0] = shorts[envelope.content_type]
        if envelope.correlation_id:
            flags |= _CORRELATION_ID
            parts.append(_short(envelope.correlation_id))
        if envelope.reply_to:
            flags |= _REPLY_TO
            parts.append(shorts[envelope.reply_to])
        if envelope.id:
            flags |= _MESSAGE_ID
            parts.append(_short(envelope.id))
        if envelope.sent_at > 0:
            flags |= _TIMESTAMP
            parts.append(_LONG(envelope.sent_at))
        if envelope.type:
            flags |= _TYPE
            parts.append(shorts[envelope.type])
        if envelope.app_id:
            flags |= _APP_ID
            parts.append(shorts[envelope.app_id])
        return _FLAGS(flags) + b"".join(parts)

    def _pack_headers(self, headers: Mapping[str, str]) -> bytes:
        parts: list[bytes] = []
        known, pairs = self._names, self._pairs
        for name, value in headers.items():
            if name in _REPEATING:
                parts.append(pairs[name, value])
            else:
                data = value.encode()
                parts += (known[name], _SIZE(len(data)), data)
        table = b"".join(parts)
        return _SIZE(len(table)) + table
