"""`?expand=`: related objects in the same answer, from the service's own data, without calls to other services."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.http import HttpRequest

from apps.shared.fields import CamelSerializer
from apps.shared.hypermedia.protocol.problems import Problem
from apps.shared.refusals import BusinessRefusal

T = TypeVar("T")
MAX_NAMES = 10  # of one request, repetitions included


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion(Generic[T]):
    """A part that can be asked for.

    Attributes:
        find: Returns the part of an object, or raises `not_found`.
        body: How it is shown.
    """

    find: Callable[[T], object]
    body: type[CamelSerializer]

    def show(self, thing: T) -> dict[str, object] | None:
        """Return the part's body; None if it does not exist (yet)."""
        try:
            return dict(self.body(self.find(thing)).data)
        except BusinessRefusal:
            return None


def asked_parts(request: HttpRequest, known: Mapping[str, Expansion[T]]) -> tuple[str, ...]:
    """Return the names that `?expand=` gives, each once.

    Raises:
        Problem: 400, a name is unknown, or there are too many.
    """
    given = [name for text in request.GET.getlist("expand") for name in text.split(",")]
    if len(given) > MAX_NAMES:
        raise Problem(
            400, "too_many_parts", f"expand has {len(given)} names; give {MAX_NAMES} at most.", field="expand"
        )
    for name in given:
        if name not in known:
            shown = name.encode(errors="replace").decode()[:40]
            detail = f"There is no part {shown!r} to expand; known: {', '.join(known) or 'none'}."
            raise Problem(400, "unknown_part", detail, field="expand")
    return tuple(dict.fromkeys(given))
