"""What a broker can carry, checked when a message is sent.  Not: what a broker refuses all the same, which `relay` sets aside.

A message that no broker takes must fail in the sender's transaction, where somebody can still do something about it.
The limits are those of AMQP 0-9-1 and RabbitMQ; they hold for every broker, so that what works in one process works
with a broker too.
"""

import logging
from collections.abc import Iterable

from postroad.conf import settings
from postroad.errors import InvalidMessage, MessageTooLarge
from postroad.messaging.message import Envelope, Outgoing

log = logging.getLogger(__name__)

MOST_SHORT_BYTES = 255
"""Of an address part, a property or the name of a header (short strings, AMQP 0-9-1 §4.2.5.3)."""

_BROKERS_OWN = frozenset({"CC", "BCC"})  # lists of further routes (rabbitmq.com/docs/sender-selected); ours are text
_HEADER_OVERHEAD = 6  # bytes of a header beside its name and value
_SHOWN = 80  # characters of a name in an error


def check(outgoing: Outgoing) -> None:
    """Refuse what the broker would refuse.

    Raises:
        MessageTooLarge: The body, the headers together or a short text is too long.
        InvalidMessage: A text is no Unicode, or a header is the broker's own.
    """
    envelope, conf = outgoing.envelope, settings()
    size = len(envelope.body)
    if size > conf.message_body_bytes:
        raise MessageTooLarge(
            f"{_name(envelope)} has a body of {size} bytes; the most is {conf.message_body_bytes} (MESSAGE_BODY_BYTES)."
            " Store the data and send a reference to it, or raise the setting and the broker's max_message_size."
        )
    properties = _check_properties(outgoing)
    total = properties + sum(_check_header(envelope, name, value) for name, value in envelope.headers.items())
    if total > conf.message_header_bytes:
        raise MessageTooLarge(
            f"{_name(envelope)} has headers and properties of {total} bytes, its key included; the most is"
            f" {conf.message_header_bytes} (MESSAGE_HEADER_BYTES). Move the data into the body."
        )
    if size > conf.message_body_warning_bytes:
        log.warning(
            "large message sent",
            extra={"type": envelope.type, "message_id": envelope.id, "body_bytes": size},
        )


def _check_properties(outgoing: Outgoing) -> int:
    envelope, address = outgoing.envelope, outgoing.address
    size = 0
    for text in _short_texts(envelope):
        size += _short(envelope, text)
    _short(envelope, address.channel)
    _short(envelope, address.route)
    return size


def _short_texts(envelope: Envelope) -> Iterable[str]:
    return (
        envelope.id,
        envelope.type,
        envelope.content_type,
        envelope.correlation_id,
        envelope.reply_to,
        envelope.app_id,
    )


def _check_header(envelope: Envelope, name: str, value: str) -> int:
    if name in _BROKERS_OWN:
        raise InvalidMessage(f"{_name(envelope)} has the header {name!r}, which is the broker's own; rename it.")
    return _HEADER_OVERHEAD + _short(envelope, name) + _bytes(envelope, value)


def _short(envelope: Envelope, text: str) -> int:
    size = _bytes(envelope, text)
    if size > MOST_SHORT_BYTES:
        raise MessageTooLarge(
            f"{_name(envelope)} has an address, property or header name of {size} bytes ({text[:_SHOWN]!r}…); AMQP"
            f" carries {MOST_SHORT_BYTES}. Shorten it."
        )
    return size


def _bytes(envelope: Envelope, text: str) -> int:
    if text.isascii():
        return len(text)
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise InvalidMessage(
            f"{_name(envelope)} carries {text[:_SHOWN]!r}, which is no Unicode text (a lone surrogate); correct it."
        ) from None


def _name(envelope: Envelope) -> str:
    return envelope.type[:_SHOWN] or "a message"
