"""Which version and media type `Accept` asks for.

Ours are `application/vnd.postroad.order+json; version=2`; without version the newest is meant.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.utils.http import parse_header_parameters

PLAIN = "application/json"
_PREFIX = "application/vnd.postroad."
_ANY = ("*/*", "application/*", PLAIN, "application/problem+json")
_QUALITY = re.compile(r"[01](\.[0-9]{0,3})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The version and media type of an answer."""

    version: int
    media_type: str = PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    """One media range of `Accept`; `version` is None if it has none, and 0 if it is not valid."""

    media_type: str
    quality: float
    version: int | None


def media_type_of(name: str, version: int) -> str:
    """Return the media type of a version of a resource."""
    return f"{_PREFIX}{name}+json; version={version}"


def choose(accept: str, *, name: str, versions: Collection[int]) -> Wanted | None:
    """Return the version and media type of the resource `name` that a client prefers; None if it accepts none.

    The ranges count in the order of their quality, then as they are written.
    """
    ranges = sorted(_ranges(accept or "*/*"), key=lambda each: -each.quality)
    for each in ranges:
        if each.quality > 0 and each.media_type in _ANY:
            return Wanted(version=max(versions))
        if each.quality > 0 and each.media_type == f"{_PREFIX}{name}+json":
            version = max(versions) if each.version is None else each.version
            if version in versions:
                return Wanted(version=version, media_type=media_type_of(name, version))
    return None


def names_version(accept: str, *, name: str) -> bool:
    """Whether a client asks for any version of the resource `name`."""
    return any(each.version is not None and each.media_type == f"{_PREFIX}{name}+json" for each in _ranges(accept))


def _ranges(accept: str) -> Iterator[_Range]:
    for text in accept.split(","):
        try:
            media_type, parameters = parse_header_parameters(text)
        except ValueError:
            continue  # no range at all
        quality = parameters.get("q", "1")
        version = parameters.get("version")
        yield _Range(
            media_type=media_type,
            quality=float(quality) if _QUALITY.fullmatch(quality) else 0.0,
            version=None if version is None else int(version) if re.fullmatch("[0-9]{1,4}", version) else 0,
        )
