"""Content type → codec."""

from postroad.codecs.base import Codec
from postroad.codecs.json import JsonCodec
from postroad.errors import UnknownContentType

JSON = JsonCodec()
CODECS: dict[str, Codec] = {JSON.content_type: JSON}


def codec_for(content_type: str) -> Codec:
    """Return the codec of a content type; parameters such as `; charset=utf-8` are ignored, an empty type is JSON.

    Raises:
        UnknownContentType: No codec of that name; the text lists the known ones.
    """
    bare = content_type.partition(";")[0].strip().lower() or JSON.content_type
    try:
        return CODECS[bare]
    except KeyError:
        known = ", ".join(sorted(CODECS))
        raise UnknownContentType(f"content type {content_type!r} cannot be read here; known: {known}.") from None
