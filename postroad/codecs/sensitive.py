"""`Sensitive`: marks the parts of a message that are never shown, and hides them.  Nothing is encrypted: stored and sent messages are complete.

    class PayOrder(Message):
        order_id: Positive
        card: Annotated[str, Sensitive]

It handles the types that msgspec reads: structs, dataclasses, typed dicts, unions, lists, tuples and dicts of them.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import is_dataclass
from datetime import datetime
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints, is_typeddict

import msgspec

MASK = "•••"
"""The text that is shown in place of a value."""

_MIN_ANYWHERE = 4
"""Minimum characters of a value to be hidden within longer words too; a shorter one may occur in them by chance."""


class Sensitive:
    """Marks a field, an element or a value: `Annotated[str, Sensitive]`."""


def has_sensitive(*declared: Any) -> bool:
    """Whether a value of one of these types may hold something sensitive."""
    return any(_holds(part, frozenset()) for part in declared)


def is_marked(kind: type, name: str) -> bool:
    """Whether the declaration of a field says that it holds something sensitive; False if it cannot be resolved."""
    try:
        return has_sensitive(_hints(kind).get(name, object))
    except (NameError, TypeError):
        return False


def masked(value: object, *declared: Any, hidden: list[object] | None = None) -> object:
    """Return a JSON value of one of these types for display, with `MASK` in place of hidden parts.

    If a type holds something sensitive, only the parts that it declares without the mark are shown: unknown fields and
    values of another shape are hidden as well.

    Args:
        value: As `json.loads` returns it.
        declared: Its possible types; if there are none, the type is unknown and nothing is shown.
        hidden: Collects the values that are hidden because of the mark.
    """
    parts = [part for each in declared for part in _parts(each)]
    if not parts:
        return MASK
    if Sensitive in parts:
        if hidden is not None:
            hidden.append(value)
        return MASK
    if value is None or not has_sensitive(*parts):
        return value
    match value:
        case dict():
            return _masked_entries(value, parts, hidden)
        case list():
            elements = [element for part in parts for element in _elements(part)]
            return [masked(each, *elements, hidden=hidden) for each in value] if elements else MASK
        case _:
            return value if any(part is not NoneType and not has_sensitive(part) for part in parts) else MASK


def hide_in(text: str, body: bytes, classes: Iterable[type]) -> str:
    """Return a text about a message without the values that one of its classes marks, however they are quoted there."""
    kinds = [kind for kind in classes if has_sensitive(kind)]
    if not kinds:
        return text
    hidden: list[object] = []
    with suppress(
        ValueError, RecursionError
    ):  # a body that cannot be read was not passed to a handler, so no text repeats it
        masked(json.loads(body), *kinds, hidden=hidden)
    words = {word for value in hidden for scalar in _scalars(value) for word in _spellings(scalar) if word}
    for word in sorted(words, key=len, reverse=True):
        bound = r"\b" if len(word) < _MIN_ANYWHERE and word.isalnum() else ""
        text = re.sub(f"{bound}{re.escape(word)}{bound}", MASK, text)
    return text


def fields_of(kind: type) -> Mapping[str, Any]:
    """Return attribute → declared type of a class with fields.

    A type that cannot be resolved counts as `Sensitive`, because its content is unknown.
    """
    try:
        return _hints(kind)
    except (NameError, TypeError):
        return dict.fromkeys(getattr(kind, "__annotations__", ()), Sensitive)


@lru_cache(maxsize=1024)
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _masked_entries(value: dict[str, object], parts: list[Any], hidden: list[object] | None) -> dict[str, object]:
    shown: dict[str, object] = {}
    for number, (name, each) in enumerate(value.items()):
        entries = [entry for part in parts for entry in _entries(part, name)]
        is_key_hidden = has_sensitive(*(key for key, _ in entries))
        if is_key_hidden and hidden is not None:
            hidden.append(name)
        key = f"{MASK}{number}" if is_key_hidden else name
        shown[key] = masked(each, *(declared for _, declared in entries), hidden=hidden)
    return shown


def _parts(declared: Any) -> Iterator[Any]:
    """Yield the possible types of a value, without aliases, unions and annotations; `Sensitive` for marked ones."""
    origin = get_origin(declared)
    alias = getattr(origin or declared, "__value__", None) or getattr(declared, "__supertype__", None)
    if alias is not None and not isinstance(declared, type):
        yield from _parts(alias)
    elif origin is Annotated:
        marks = declared.__metadata__
        is_marked = any(mark is Sensitive or isinstance(mark, Sensitive) for mark in marks)
        yield from [Sensitive] if is_marked else _parts(get_args(declared)[0])
    elif origin in (Union, UnionType):
        for each in get_args(declared):
            yield from _parts(each)
    else:
        yield declared


def _holds(declared: Any, seen: frozenset[Any]) -> bool:
    for part in _parts(declared):
        if part is Sensitive:
            return True
        kind = get_origin(part) or part
        inner = list(get_args(part))
        if _has_fields(kind) and kind not in seen:
            inner += fields_of(kind).values()
        if any(_holds(each, seen | {kind}) for each in inner if each is not Ellipsis):
            return True
    return False


def _has_fields(kind: Any) -> bool:
    if not isinstance(kind, type):
        return False
    return issubclass(kind, msgspec.Struct) or is_dataclass(kind) or is_typeddict(kind) or hasattr(kind, "_fields")


def _entries(part: Any, name: str) -> list[tuple[Any, Any]]:
    """Return the declared types of key and value of an entry in a JSON object; none if the type has no such entry."""
    kind, arguments = get_origin(part) or part, get_args(part)
    if isinstance(kind, type) and issubclass(kind, Mapping) and not is_typeddict(kind):
        return [(arguments[0], arguments[1])] if len(arguments) == 2 else [(str, object)]
    if not _has_fields(kind) or hasattr(kind, "_fields"):
        return []
    declared = fields_of(kind)
    if issubclass(kind, msgspec.Struct):
        if kind.__struct_config__.array_like:
            return []
        if name == kind.__struct_config__.tag_field:
            return [(str, str)]
        names = dict(zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True))
        declared = {wire: declared[own] for wire, own in names.items()}
    known = dict(zip(getattr(kind, "__parameters__", ()), arguments, strict=False))
    return [(str, _filled(declared[name], known))] if name in declared else []


def _filled(declared: Any, known: Mapping[Any, Any]) -> Any:
    """Return the type of a generic class's field with its type variables replaced."""
    if declared in known:
        return known[declared]
    open_ones = getattr(declared, "__parameters__", ())
    return declared[tuple(known.get(each, Any) for each in open_ones)] if known and open_ones else declared


def _elements(part: Any) -> list[Any]:
    """Return the possible types of the elements of a JSON array; none if the type is no array, or a named tuple."""
    kind = get_origin(part) or part
    is_array = isinstance(kind, type) and issubclass(kind, Collection) and not issubclass(kind, str | bytes | Mapping)
    return [each for each in get_args(part) if each is not Ellipsis] if is_array and not _has_fields(kind) else []


def _scalars(value: object) -> Iterator[object]:
    match value:
        case dict():
            for name, each in value.items():
                yield name
                yield from _scalars(each)
        case list():
            for each in value:
                yield from _scalars(each)
        case None | bool():
            return
        case _:
            yield value


def _spellings(scalar: object) -> Iterator[str]:
    """Yield how a value may be quoted in an error or a traceback."""
    text = str(scalar)
    yield from (text, repr(text)[1:-1], json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        yield from (str(moment), repr(moment), str(moment.date()), repr(moment.date()), moment.isoformat())
