"""The port every codec implements.  See also: `registry`, for the choice of one."""

from typing import Protocol, TypeVar

from postroad.codecs.types import Message

M = TypeVar("M", bound=Message)


class Codec(Protocol):
    """Values to bytes and back, for one content type."""

    content_type: str

    def encode(self, message: Message) -> bytes:
        """Return the body for the wire.

        Raises:
            InvalidMessage: It would be read back as something else; the text has path and value of the field.
        """
        ...

    def decode(self, body: bytes, message: type[M]) -> M:
        """Return the value that a body holds.

        Raises:
            InvalidMessage: The body does not fit; the text has the path of the field.
        """
        ...
