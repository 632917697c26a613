"""Readers of the values of settings and of environment variables.  See also: the module `conf` of each package, which declares keys.

Each takes a value from a settings file or the environment, and returns it with the right type; ValueError has the way out.
"""

import difflib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from postroad.secrecy import shown_value, split_url

_WORDS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def read_text(value: Any) -> str:
    """Read plain text."""
    if not isinstance(value, str):
        raise ValueError("it must be text")  # noqa: TRY004 - its value is at fault
    return value


def number_of(
    kind: type[int] | type[float], *, minimum: float | None = None, maximum: float | None = None
) -> Callable[[Any], float]:
    """Return a reader of a number, whole or not, within bounds."""

    def read(value: Any) -> float:
        try:
            number = kind(value)
        except (TypeError, ValueError):
            raise ValueError(f"it must be {'a whole number' if kind is int else 'a number'}") from None
        if minimum is not None and not number >= minimum:
            raise ValueError(f"the minimum is {minimum}")
        if maximum is not None and not number <= maximum:
            raise ValueError(f"the maximum is {maximum}")
        return number

    return read


def read_flag(value: Any) -> bool:
    """Read a boolean."""
    word = str(value).lower()
    if word not in _WORDS:
        raise ValueError("it must be true or false")
    return _WORDS[word]


def choice_of(*choices: str) -> Callable[[Any], str]:
    """Return a reader of a word that must be one of `choices`."""

    def read(value: Any) -> str:
        if value in choices:
            return str(value)
        near = difflib.get_close_matches(str(value), choices, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"it must be one of {', '.join(choices)}{hint}")

    return read


def read_names(value: Any) -> tuple[str, ...]:
    """Read names, as a list or separated by commas; there may be none."""
    names = value.split(",") if isinstance(value, str) else value
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise ValueError("it must be names, separated by commas")
    return tuple(name.strip() for name in names if name.strip())


def read_url(value: Any) -> str:
    """Read `http://host:port/path`; no slash at the end."""
    try:
        parts = split_url(value if isinstance(value, str) else "")
        is_good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good:
        raise ValueError(f"{shown_value(value)} is not a URL such as http://host:8000")
    return str(value).rstrip("/")


def read_urls(value: Any) -> tuple[str, ...]:
    """Read one URL or several, as a list or separated by commas."""
    texts = [text.strip() for text in value.split(",")] if isinstance(value, str) else value
    if not isinstance(texts, Sequence) or not texts:
        raise ValueError("it must be a URL, or several separated by commas")
    with _whole(value, divided_by=","):
        return tuple(read_url(text) for text in texts)


@contextmanager
def _whole(value: object, *, divided_by: str) -> Iterator[None]:
    """Replace the text of an error if it may quote a part of a password that contains the separator."""
    try:
        yield
    except ValueError:
        if isinstance(value, str) and set(divided_by) & set(value) and set("@?#") & set(value):
            raise ValueError(f"a part of it is not a URL; write {divided_by} in a password as %2C %3D") from None
        raise


def read_optional_url(value: Any) -> str:
    """Read a URL without path, or nothing."""
    return "" if value == "" else _without_path(value)


def read_template(value: Any) -> str:
    """Read an address with `{service}` in its host; `http://` may be missing."""
    text = value if "://" in str(value) else f"http://{value}"
    if str(text).count("{service}") != 1:
        raise ValueError("it must have {service} once, such as http://{service}:80")
    _without_path(str(text).replace("{service}", "service"))
    return str(text)


def read_addresses(value: Any) -> Mapping[str, tuple[str, ...]]:
    """Read service → URL or URLs: a dict, the same as JSON, or `name=url,name=url` (a name twice has two instances)."""
    with _whole(value, divided_by=",="):
        return _read_table(value)


def _read_table(value: Any) -> Mapping[str, tuple[str, ...]]:
    pairs = _pairs(value) if isinstance(value, str) else value
    if not isinstance(pairs, Mapping):
        raise ValueError('it must be a dict, JSON, or "name=url,name=url"')  # noqa: TRY004 - its value is at fault
    table = {}
    for service, urls in pairs.items():
        try:
            table[str(service)] = tuple(_without_path(url) for url in read_urls(urls))
        except ValueError as error:
            raise ValueError(f"the address of {_shown_name(service)} cannot be used: {error}") from None
    return table


def _pairs(text: str) -> Any:
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"it starts like JSON but is not valid JSON ({error})") from None
    table: dict[str, list[str]] = {}
    for pair in filter(None, (pair.strip() for pair in text.split(","))):
        service, equals, url = pair.partition("=")
        if not equals or not service.strip():
            raise ValueError(f"{shown_value(pair)} is not name=url")
        table.setdefault(service.strip(), []).append(url.strip())
    return table


def _shown_name(service: object) -> str:
    """Return a service's name; empty for any other text, which may be a part of a URL."""
    return repr(service) if re.fullmatch(r"[\w.-]+", str(service)) else "a service"


def _without_path(value: Any) -> str:
    url = read_url(value)
    parts = split_url(url)
    if parts.path or parts.query or parts.fragment or parts.username:
        raise ValueError(f"{shown_value(value)} must end behind the port: host and port are all that a resolver knows")
    return url


def table_of(*choices: str) -> Callable[[Any], Mapping[str, str]]:
    """Return a reader of a table of name → one of some words; as text `name=word,name=word`."""
    word = choice_of(*choices)

    def read(value: Any) -> Mapping[str, str]:
        if isinstance(value, str):
            value = dict(pair.strip().partition("=")[::2] for pair in value.split(",") if pair.strip())
        if not isinstance(value, Mapping):
            raise ValueError("it must be a dict of texts")  # noqa: TRY004 - its value is at fault
        return {str(name): entry(name, choice) for name, choice in value.items()}

    def entry(name: object, choice: object) -> str:
        try:
            return word(choice)
        except ValueError as error:
            raise ValueError(f"of {name!r}: {error}") from None

    return read
