"""Reads single values of a document: text, whole number, boolean, a table of texts.

JSON writers send numbers as texts and texts as numbers, and in XML everything is text: all of these are accepted.  An error
names the field.
"""

import re
from collections.abc import Mapping
from typing import Any

from postroad.errors import InvalidInstance

Document = Mapping[str, Any]
"""One JSON object, or one XML element in JSON's notation: `@name` for an attribute, `$` for the element's text."""

MAX_TEXT = 4096
_PLAIN = re.compile("[\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")  # what XML 1.0 can carry unchanged
_MAX_NUMBER = 2**63 - 1  # Java's long


def read_object(document: Document, key: str) -> Document:
    """Return an object; an empty one if it is missing."""
    value = document.get(key)
    if value is None or value == "":
        return {}
    if not isinstance(value, Mapping):
        raise InvalidInstance(f"{key!r} must be an object, not {_shown(value)}.")
    return value


def read_text(document: Document, key: str, default: str = "") -> str:
    """Return a text; `default` if it is missing or empty."""
    return check_text(document.get(key), key) or default


def read_required(document: Document, key: str) -> str:
    """Return a text that must not be missing."""
    text = read_text(document, key).strip()
    if not text:
        raise InvalidInstance(f"the field {key!r} is missing or empty.")
    return text


def check_text(value: object, what: str) -> str:
    """Return a JSON or XML scalar as text; empty for None."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            text = str(value)
        case Mapping() if "$" in value:
            return check_text(value["$"], what)
        case _:
            raise InvalidInstance(f"{what!r} must be text, not {_shown(value)}.")
    if len(text) > MAX_TEXT:
        raise InvalidInstance(f"{what!r} is longer than {MAX_TEXT} characters.")
    if not _PLAIN.fullmatch(text):
        raise InvalidInstance(f"{what!r} has characters that XML cannot carry: {_shown(text)}.")
    return text


def read_number(document: Document, key: str, *, default: int, minimum: int = 0, maximum: int = _MAX_NUMBER) -> int:
    """Return a whole number within bounds; `default` if it is missing."""
    value = document.get(key)
    if value is None or value == "":
        return default
    try:
        number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else None
    except ValueError:
        number = None
    if number is None or not minimum <= number <= maximum:
        raise InvalidInstance(f"{key!r} must be a whole number from {minimum} to {maximum}, not {_shown(value)}.")
    return number


def read_flag(document: Document, key: str, *, default: bool) -> bool:
    """Return a boolean; `default` if it is missing."""
    value = document.get(key)
    match value:
        case None | "":
            return default
        case bool():
            return value
        case str() if value.strip().lower() in ("true", "false"):
            return value.strip().lower() == "true"
        case _:
            raise InvalidInstance(f"{key!r} must be true or false, not {_shown(value)}.")


def read_table(document: Document, key: str) -> dict[str, str]:
    """Return a table of texts, without the class name that Java writers add."""
    return {
        check_key(name): check_text(value, f"{key}.{name}")
        for name, value in read_object(document, key).items()
        if name != "@class"
    }


def check_key(name: str) -> str:
    """Return a key of a table of texts."""
    if not check_text(name, "a key of the metadata"):
        raise InvalidInstance("a key of the metadata is empty.")
    return name


def _shown(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
