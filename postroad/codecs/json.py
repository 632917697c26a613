"""JSON bodies, validated against the message type while they are decoded.  Not: JSON of REST requests."""

from functools import lru_cache
from typing import Any, TypeVar

import msgspec
from typing_extensions import override

from postroad.codecs.base import Codec
from postroad.codecs.names import description_of
from postroad.codecs.sensitive import hide_in
from postroad.codecs.types import Message
from postroad.errors import InvalidMessage

M = TypeVar("M", bound=Message)
_encoder = msgspec.json.Encoder(decimal_format="string")


@lru_cache(maxsize=1024)
def _decoder(message: type[Message]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(message)


class JsonCodec(Codec):
    """`application/json`, UTF-8; decimals as strings, moments as RFC 3339."""

    content_type = "application/json"

    @override
    def encode(self, message: Message) -> bytes:
        return _encoder.encode(message)

    @override
    def decode(self, body: bytes, message: type[M]) -> M:
        try:
            value: M = _decoder(message).decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            text = hide_in(str(error), body, [message])  # an unknown word of an enumeration is named there
            raise InvalidMessage(f"{description_of(message).name}: the body does not fit: {text}") from error
        if _NUL in body and _has_nul(msgspec.json.decode(body)):
            raise InvalidMessage(
                f"{description_of(message).name}: the body has a NUL character, which no database keeps."
            )
        return value


_NUL = b"\\u0000"  # a raw NUL is no JSON; only its escape can get here


def _has_nul(value: object) -> bool:
    match value:
        case str():
            return "\0" in value
        case dict():
            return any(_has_nul(each) for pair in value.items() for each in pair)
        case list():
            return any(map(_has_nul, value))
        case _:
            return False
