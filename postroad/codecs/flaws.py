"""Describes why a message cannot be written or read: path, value and reason.

Paths have msgspec's form and the names on the wire: `$.lineItems[0].price`.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

_MAX_SHOWN = 60  # characters of a value: enough to find it, never a whole body
_MAX_REASON = 300  # characters: msgspec repeats an unknown enumeration value in full
_MAX_LEVELS = 30
_PATH = re.compile(r"(?P<reason>.*) - at `(?P<path>\$.*)`", re.DOTALL)
_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+)\]")


def unkeepable(value: object, path: str = "$") -> str:
    """Return where a value has something that JSON can carry but a receiver cannot store; otherwise an empty text."""
    match value:
        case str() if "\0" in value:
            return f"it has a NUL character, which PostgreSQL cannot store - at `{path}`"
        case Decimal() if not value.is_finite():
            return f"{value} is not a finite number - at `{path}`"
    return next((found for at, child in _children(value, path) if (found := unkeepable(child, at))), "")


def difference(sent: object, read: object) -> str:
    """Return where the sent value differs from the one read back; empty if only an `int` becomes the same `float`."""
    return _difference(sent, read, "$")


def cause(message: object, error: Exception, *, encode: Callable[[Any], bytes]) -> str:
    """Return which field of a message raised an error when it was written and read back, and why."""
    if found := _PATH.fullmatch(str(error)):
        return _told(found["path"], _at(message, found["path"]), found["reason"])
    path, value = _blame(message, "$", encode, _MAX_LEVELS)
    return _told(path, value, f"{error}")


def _difference(sent: object, read: object, path: str) -> str:
    is_widened = type(sent) is int and type(read) is float
    is_kind = isinstance(sent, type(read)) and not isinstance(sent, msgspec.Struct)
    if type(sent) is not type(read) and not is_widened and not is_kind:
        return _told(path, sent, f"expected `{type(read).__name__}`, got `{type(sent).__name__}`")
    ours, theirs = list(_children(sent, path)), dict(_children(read, path))
    if [at for at, _ in ours] != list(theirs):
        return _told(path, sent, "it is read as something else")
    if not ours:
        return "" if sent == read else _told(path, sent, f"it is read as {_short(read)}")
    return next((found for at, child in ours if (found := _difference(child, theirs[at], at))), "")


def _children(value: object, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a value with their paths, keys of mappings included."""
    match value:
        case msgspec.Struct():
            for field, name in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
                yield f"{path}.{name}", getattr(value, field)
        case Mapping():
            for number, (key, each) in enumerate(value.items()):
                yield f"{path}.key({number})", key
                yield f"{path}[{_short(key)}]", each
        case list() | tuple():
            yield from ((f"{path}[{number}]", each) for number, each in enumerate(value))
        case set() | frozenset():
            yield from ((f"{path}[{_short(each)}]", each) for each in value)
        case _:
            return


def _blame(value: object, path: str, encode: Callable[[Any], bytes], levels: int) -> tuple[str, object]:
    for at, child in _children(value, path):
        try:
            encode(child)
        except (msgspec.MsgspecError, TypeError, ValueError, ArithmeticError, RecursionError):
            return _blame(child, at, encode, levels - 1) if levels else (at, child)
    return path, value


def _at(value: Any, path: str) -> object:
    """Return the value at a path, or at its longest part that can be followed."""
    at = "$"
    for step in _STEP.finditer(path):
        at += step[0]
        children = dict(_children(value, at.removesuffix(step[0])))
        if at not in children:
            break
        value = children[at]
    return value


def shortened(reason: str) -> str:
    """Return an error's text; the middle of a very long one is left out, since its end names the field."""
    return reason if len(reason) <= _MAX_REASON else f"{reason[: _MAX_REASON // 2]}…{reason[-_MAX_REASON // 2 :]}"


def _told(path: str, value: object, reason: str) -> str:
    return f"{path} = {_short(value)}: {shortened(reason)}"


def _short(value: object) -> str:
    if isinstance(value, str | bytes):
        value = value[:_MAX_SHOWN]
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # an int of more digits than Python prints
        return f"a {type(value).__name__}"
    return text if len(text) <= _MAX_SHOWN + 2 else f"{text[:_MAX_SHOWN]}…"
