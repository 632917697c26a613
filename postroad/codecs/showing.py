"""Prepares messages for display: bodies, headers, fields and texts about them.  See also: `sensitive`, for the marks.

A message whose type has no marks is shown in full.  If the type has marks, only the parts that it declares without a mark
are shown.  A message whose type is not declared in this process is hidden completely, because its fields are unknown.
"""

import json
from collections.abc import Mapping

from postroad.codecs.names import classes_of
from postroad.codecs.sensitive import MASK, has_sensitive, hide_in, is_marked, masked
from postroad.codecs.types import Message
from postroad.secrecy import hide_passwords

MAX_READ = 1_000_000
"""Maximum bytes of a body that is read to be shown in part."""


def shown_body(type_name: str, body: bytes, *, size: int | None = None) -> bytes:
    """Return a body for display; if all of it is hidden, a sentence that says so.

    Args:
        type_name: Wire name of the message's type.
        body: The body, or its beginning, of `MAX_READ` bytes at least.
        size: Bytes of the whole body.
    """
    size = len(body) if size is None else size
    classes = classes_of(type_name)
    if not classes:
        return _hidden(size, "its type is not declared in this process")
    if not has_sensitive(*classes):
        return body
    if size > MAX_READ:
        return _hidden(size, f"its type holds something sensitive, and it is larger than {MAX_READ} bytes")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return _hidden(size, "its type holds something sensitive, and it cannot be read as that type")
    return json.dumps(masked(value, *classes), indent=2, ensure_ascii=False).encode(errors="replace")


def shown_headers(type_name: str, headers: Mapping[str, object], *, known: frozenset[str]) -> dict[str, object]:
    """Return headers for display; if the type has marks or is unknown, only those with `known` names."""
    classes = classes_of(type_name)
    is_open = bool(classes) and not has_sensitive(*classes)
    return {name: value if is_open or name in known else MASK for name, value in headers.items()}


def shown_text(text: str, type_name: str, body: bytes) -> str:
    """Return a text about a message, such as an error or a traceback, without values its type marks and logins in URLs."""
    return hide_passwords(hide_in(text, body, classes_of(type_name)))


def shown_field(message: Message, name: str) -> str:
    """Return a field as text for display; empty if the message has no such field."""
    value = getattr(message, name, None)
    return MASK if is_marked(type(message), name) else "" if value is None else str(value)


def _hidden(size: int, why: str) -> bytes:
    return f"{MASK} {size} bytes are hidden: {why}.".encode()
