"""A delivered AMQP message → `Envelope` and `Delivery`; it accepts everything that a foreign client may send.

Text headers are kept; bytes are decoded; numbers, booleans and times become text.  Tables, lists, null values and the
headers that the broker itself adds are dropped.
"""

import struct
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from amqp import serialization
from amqp.exceptions import FrameSyntaxError
from amqp.spec import Basic

from postroad.messaging.broker import Delivery
from postroad.messaging.message import Envelope

_BROKER_HEADERS = ("x-death", "x-delivery-count", "x-acquired-count", "x-first-death-", "x-last-death-")
_UNREADABLE = (ValueError, OverflowError, OSError, IndexError, struct.error, FrameSyntaxError)
_LATEST = 253_402_300_799  # end of the year 9999: a larger number is not a time in seconds
_PROPERTIES = (
    (0x8000, "content_type"),
    (0x4000, "content_encoding"),
    (0x2000, "application_headers"),
    (0x1000, "delivery_mode"),
    (0x0800, "priority"),
    (0x0400, "correlation_id"),
    (0x0200, "reply_to"),
    (0x0100, "expiration"),
    (0x0080, "message_id"),
    (0x0040, "timestamp"),
    (0x0020, "type"),
    (0x0010, "user_id"),
    (0x0008, "app_id"),
    (0x0004, "cluster_id"),
)
"""Basic properties by flag, in the order of the wire (AMQP 0-9-1 §4.2.6.1 and §1.8)."""


def delivery_of(queue: str, message: Any, *, tag: int = 0) -> Delivery:
    """Return a message that py-amqp passed to a consumer as a `Delivery`; with a `tag` of 0 the message's own is used."""
    info = message.delivery_info
    dead_from, dead_reason = _death(message.properties.get("application_headers"))
    return Delivery(
        queue=queue,
        envelope=envelope_of(message),
        tag=tag or info["delivery_tag"],
        is_redelivered=bool(info["redelivered"]),
        dead_from=dead_from,
        dead_reason=dead_reason,
    )


def envelope_of(message: Any) -> Envelope:
    """Return an `amqp.Message` as an envelope; missing properties are empty, and it never raises."""
    properties = message.properties
    body = message.body
    sent_at = properties.get("timestamp", 0)
    return Envelope(
        id=_text(properties.get("message_id", "")),
        type=_text(properties.get("type", "")),
        body=body.encode() if isinstance(body, str) else bytes(body),
        content_type=_text(properties.get("content_type", "")),
        correlation_id=_text(properties.get("correlation_id", "")),
        reply_to=_text(properties.get("reply_to", "")),
        app_id=_text(properties.get("app_id", "")),
        sent_at=sent_at if sent_at <= _LATEST else 0,
        headers=dict(_headers(properties.get("application_headers") or {})),
    )


def forgive_alien_properties() -> None:
    """Make py-amqp read properties that are not UTF-8, or hold a time after the year 9999, instead of failing.

    Its own reader raises in the middle of a frame: one such message would break the connection of every consumer, at
    each delivery again.  Idempotent.
    """
    serialization.PROPERTY_CLASSES[Basic.CLASS_ID] = _read_properties


def _read_properties(buffer: bytes, offset: int) -> tuple[dict[str, Any], int]:
    try:
        properties, end = serialization.decode_properties_basic(buffer, offset)
    except _UNREADABLE:
        return _read_carefully(buffer, offset)
    return properties, end


def _read_carefully(buffer: bytes, offset: int) -> tuple[dict[str, Any], int]:
    (flags,) = struct.unpack_from(">H", buffer, offset)
    offset += 2
    properties: dict[str, Any] = {}
    for flag, name in _PROPERTIES:
        if flags & flag:
            properties[name], offset = _read_property(name, buffer, offset)
    return properties, offset


def _read_property(name: str, buffer: bytes, offset: int) -> tuple[Any, int]:
    match name:
        case "application_headers":
            (size,) = struct.unpack_from(">I", buffer, offset)
            return _read_table(buffer, offset), offset + 4 + size
        case "delivery_mode" | "priority":
            return buffer[offset], offset + 1
        case "timestamp":
            return struct.unpack_from(">Q", buffer, offset)[0], offset + 8
        case _:
            end = offset + 1 + buffer[offset]
            return buffer[offset + 1 : end].decode(errors="backslashreplace"), end


def _read_table(buffer: bytes, offset: int) -> dict[Any, Any]:
    """Return a table of headers without the values that py-amqp cannot read."""
    (size,) = struct.unpack_from(">I", buffer, offset)
    at, end = offset + 4, offset + 4 + size
    table: dict[Any, Any] = {}
    while at < end:
        try:  # with an end after one byte, the reader stops after one entry
            ((entry,), used) = serialization.loads("F", b"\0\0\0\1" + buffer[at:end], 0)
        except _UNREADABLE:
            at = _end_of_value(buffer, at + 1 + buffer[at])
        else:
            table |= entry
            at += used - 4
    return table


def _end_of_value(buffer: bytes, at: int) -> int:
    """Return the end of a value that py-amqp cannot read: a time, or a value that begins with its size."""
    if buffer[at : at + 1] == b"T":
        return at + 9
    return at + 5 + int(struct.unpack_from(">I", buffer, at + 1)[0])


def _headers(table: dict[Any, Any]) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        name = _text(key)
        if name.startswith(_BROKER_HEADERS):
            continue
        match value:
            case str() | bytes():
                yield name, _text(value)
            case bool():
                yield name, "true" if value else "false"
            case int() | float() | Decimal():
                yield name, str(value)
            case datetime():
                yield name, value.isoformat()
            case _:
                pass  # tables, lists and null values have no text


def _text(value: str | bytes) -> str:
    """Return text that has a UTF-8 form; each invalid byte becomes an escape, so that different ids or keys stay different."""
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    return value if value.isascii() else value.encode(errors="surrogatepass").decode(errors="backslashreplace")


def _death(table: dict[Any, Any] | None) -> tuple[str, str]:
    """Return queue and reason of the latest dead-lettering; RabbitMQ puts it first (rabbitmq.com/docs/dlx)."""
    deaths = (table or {}).get("x-death")
    if not isinstance(deaths, list) or not deaths or not isinstance(deaths[0], dict):
        return "", ""
    queue, reason = (
        deaths[0].get(name) for name in ("queue", "reason")
    )  # of any type: a sender may have set this header
    return (_text(queue) if isinstance(queue, str | bytes) else "", _text(reason) if isinstance(reason, str) else "")
