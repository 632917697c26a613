"""Checks a message before it is stored: one that no broker or database could carry is refused.

The error is raised in the sender's transaction, where the caller can still react; the relay sets aside a message that the
broker cannot take in spite of the check.  The limits are those of AMQP 0-9-1, RabbitMQ and PostgreSQL; they hold for every
broker, so that code which works with the memory broker works with RabbitMQ too.
"""

from collections.abc import Iterator

from postroad.errors import InvalidMessage, MessageTooLarge
from postroad.logs import logger
from postroad.messaging.conf import MessagingSettings
from postroad.messaging.message import Outgoing

log = logger(__name__)

MAX_SHORT_BYTES = 255
"""Maximum of an address part, a property or the name of a header (short strings, AMQP 0-9-1 §4.2.5.3)."""

_PROPERTIES = ("id", "type", "content_type", "correlation_id", "reply_to", "app_id")
_BROKERS_OWN = frozenset({"CC", "BCC"})  # RabbitMQ reads them as lists of routes (rabbitmq.com/docs/sender-selected)
_HEADER_OVERHEAD = 6  # bytes of a header in addition to its name and value
_LONGEST_DELAY_SECONDS = 100 * 365 * 24 * 3600.0  # a delay of over a century is a mistake, and databases' dates end
_MAX_SHOWN = 60  # characters of a value in an error


def check(outgoing: Outgoing, *, delay_seconds: float = 0.0) -> None:
    """Refuse a message that could not be sent or kept.

    Raises:
        MessageTooLarge: The body, the headers together, or a short text is too long.
        InvalidMessage: A value is not a text, a header is reserved by the broker, or the delay is invalid.
    """
    conf, body_bytes = MessagingSettings.current(), len(outgoing.envelope.body)
    if not 0.0 <= delay_seconds <= _LONGEST_DELAY_SECONDS:  # also true for a NaN
        raise _cannot_be_sent(outgoing, f"delay_seconds = {delay_seconds}; use 0 to {_LONGEST_DELAY_SECONDS:.0f}")
    if body_bytes > conf.message_body_bytes:
        raise MessageTooLarge(
            f"{_name(outgoing)!r} cannot be sent: it has a body of {body_bytes} bytes; the maximum is"
            f" {conf.message_body_bytes} (MESSAGE_BODY_BYTES). Store the data and send a reference to it, or raise the"
            " setting and the broker's max_message_size."
        )
    _check_headers(outgoing, conf)
    if body_bytes > conf.message_body_warning_bytes:
        log.warning(
            "large message sent",
            extra={"type": _name(outgoing), "message_id": outgoing.envelope.id, "body_bytes": body_bytes},
        )


def _check_headers(outgoing: Outgoing, conf: MessagingSettings) -> None:
    size = _plain_bytes(outgoing)
    if size is None:
        for name, value, is_short in _texts(outgoing):
            _check_text(outgoing, name, value, is_short=is_short)
        size = sum(len(value.encode()) for _, value, _ in _texts(outgoing))
    size += _HEADER_OVERHEAD * len(outgoing.envelope.headers)
    if size > conf.message_header_bytes:
        raise MessageTooLarge(
            f"{_name(outgoing)!r} cannot be sent: it has headers and properties of {size} bytes, its key included; the"
            f" maximum is {conf.message_header_bytes} (MESSAGE_HEADER_BYTES). Move the data into the body."
        )
    if not _BROKERS_OWN.isdisjoint(outgoing.envelope.headers):
        raise _cannot_be_sent(outgoing, "the broker reserves the headers CC and BCC; rename yours")


def _plain_bytes(outgoing: Outgoing) -> int | None:
    """Return the size of all texts together in the usual case, in which all are ASCII and none is too long; otherwise None."""
    envelope, address = outgoing.envelope, outgoing.address
    shorts = (address.channel, address.route, *(getattr(envelope, name) for name in _PROPERTIES), *envelope.headers)
    try:
        text = "".join((*shorts, *envelope.headers.values()))
    except TypeError:
        return None
    is_plain = "\0" not in text and text.isascii() and len(max(shorts, key=len)) <= MAX_SHORT_BYTES
    return len(text) if is_plain else None


def _texts(outgoing: Outgoing) -> Iterator[tuple[str, str, bool]]:
    """Yield each text with its name, and whether it is a short string."""
    yield "its channel", outgoing.address.channel, True
    yield "its route", outgoing.address.route, True
    for name in _PROPERTIES:
        yield f"its {name}" if name in ("id", "type") else name, getattr(outgoing.envelope, name), True
    for header, value in outgoing.envelope.headers.items():
        yield "the name of a header", header, True
        yield f"header {header!r:.{_MAX_SHOWN}}", value, False


def _check_text(outgoing: Outgoing, name: str, value: object, *, is_short: bool) -> None:
    shown = f"{name} = {value!r:.{_MAX_SHOWN}}"
    if not isinstance(value, str):
        raise _cannot_be_sent(outgoing, f"{shown} is not a str but {type(value).__name__}")
    if "\0" in value:
        raise _cannot_be_sent(outgoing, f"{shown} has a NUL character, which PostgreSQL cannot store")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise _cannot_be_sent(outgoing, f"{shown} has half of a surrogate pair, which UTF-8 cannot encode") from None
    if is_short and size > MAX_SHORT_BYTES:
        raise MessageTooLarge(
            f"{_name(outgoing)!r} cannot be sent: {shown} has {size} bytes; AMQP carries {MAX_SHORT_BYTES}. Shorten it."
        )


def _cannot_be_sent(outgoing: Outgoing, why: str) -> InvalidMessage:
    return InvalidMessage(f"{_name(outgoing)!r} cannot be sent: {why}.")


def _name(outgoing: Outgoing) -> str:
    return str(outgoing.envelope.type)[:MAX_SHORT_BYTES]
