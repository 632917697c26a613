"""What a caller gets when a call brings no answer, chosen per call, and how it knows.

    @get("/v1/tickets/{ticket_id}", otherwise=cached(seconds=60))

    with degraded() as missing:
        ticket = kitchen.ticket(7)
    if missing: ...                       # the ticket is an old one, or None

Source: Microservices Patterns, ch. 3, "Recovering from an unavailable service".
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from postroad.errors import PostroadError


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """The error is raised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """A fixed value takes the answer's place."""

    value: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Cached:
    """The last good answer to the same arguments takes its place, while it is young enough; else the error is raised."""

    seconds: float
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Omitted:
    """None takes its place: that part is left out of what the caller composes."""


Fallback = Raised | Default | Cached | Omitted

error = Raised()
omitted = Omitted()


def default(value: object) -> Default:
    """Answer with `value`."""
    return Default(value=value)


def cached(*, seconds: float, entries: int = 1000) -> Cached:
    """Answer with the last good answer to the same arguments.

    Args:
        seconds: Greatest age of the answer.
        entries: Most answers kept for one operation; the longest unused goes first.
    """
    return Cached(seconds=seconds, entries=entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Degraded:
    """One call that was answered by its fallback.

    Attributes:
        call: Which one, such as `kitchen.ticket`.
        substitute: `default`, `cached` or `omitted`.
        reason: The error in place of an answer.
    """

    call: str
    substitute: str
    reason: PostroadError


_collected: ContextVar[list[Degraded] | None] = ContextVar("postroad_degraded", default=None)


@contextmanager
def degraded() -> Iterator[list[Degraded]]:
    """Collect the calls of a block, and of the tasks it starts, that were answered by their fallback."""
    found: list[Degraded] = []
    token = _collected.set(found)
    try:
        yield found
    finally:
        _collected.reset(token)


class OperationFallback:
    """One operation's fallback at work: keeps good answers, and answers in their place.

    Concurrency: safe in threads.
    """

    def __init__(self, fallback: Fallback, *, call: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._fallback, self._call, self._clock = fallback, call, clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[float, object]] = OrderedDict()

    def keep(self, key: Hashable, value: object) -> None:
        """Note a good answer."""
        if not isinstance(self._fallback, Cached):
            return
        with self._lock:
            self._kept[key] = (self._clock(), value)
            self._kept.move_to_end(key)
            if len(self._kept) > self._fallback.entries:
                self._kept.popitem(last=False)

    def answer(self, key: Hashable, reason: PostroadError) -> tuple[object, str]:
        """Return what takes the answer's place, and the name of the substitute.

        Raises:
            PostroadError: `reason`, when nothing takes its place.
        """
        value, substitute = self._substitute(key, reason)
        found = _collected.get()
        if found is not None:
            found.append(Degraded(call=self._call, substitute=substitute, reason=reason))
        return value, substitute

    def _substitute(self, key: Hashable, reason: PostroadError) -> tuple[object, str]:
        match self._fallback:
            case Raised():
                raise reason
            case Default(value=value):
                return value, "default"
            case Omitted():
                return None, "omitted"
            case Cached(seconds=seconds):
                return self._young(key, seconds, reason), "cached"

    def _young(self, key: Hashable, seconds: float, reason: PostroadError) -> object:
        with self._lock:
            kept_at, value = self._kept.get(key, (float("-inf"), None))
        if self._clock() - kept_at > seconds:
            raise reason
        return value
