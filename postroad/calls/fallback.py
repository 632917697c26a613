"""Fallbacks: the result of a call without answer, chosen for each operation, and how a caller learns of it.

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
    """Raise the error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """Return a fixed value."""

    value: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Cached:
    """Return the last good answer to the same arguments if it is recent enough; otherwise raise the error."""

    seconds: float
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Omitted:
    """Return None: the caller leaves that part out of its own answer."""


Fallback = Raised | Default | Cached | Omitted

error = Raised()
omitted = Omitted()


def default(value: object) -> Default:
    """Answer with `value`."""
    return Default(value=value)


def cached(*, seconds: float, entries: int = 1000) -> Cached:
    """Answer with the last good answer to the same arguments.

    Args:
        seconds: Maximum age of the answer.
        entries: Maximum answers kept for one operation; the least recently used one is dropped first.
    """
    return Cached(seconds=seconds, entries=entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Degraded:
    """One call whose result came from its fallback.

    Attributes:
        call: The operation, such as `kitchen.ticket`.
        substitute: `default`, `cached` or `omitted`.
        reason: The error of the call.
    """

    call: str
    substitute: str
    reason: PostroadError


_collected: ContextVar[list[Degraded] | None] = ContextVar("postroad_degraded", default=None)


@contextmanager
def degraded() -> Iterator[list[Degraded]]:
    """Collect the calls of a block, and of the tasks it starts, whose results came from their fallbacks."""
    found: list[Degraded] = []
    token = _collected.set(found)
    try:
        yield found
    finally:
        _collected.reset(token)


class OperationFallback:
    """The fallback of one operation, with its stored answers.

    Concurrency: safe in threads.
    """

    def __init__(self, fallback: Fallback, *, call: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._fallback, self._call, self._clock = fallback, call, clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[float, object]] = OrderedDict()

    def keep(self, key: Hashable, value: object) -> None:
        """Store a good answer."""
        if not isinstance(self._fallback, Cached):
            return
        with self._lock:
            self._kept[key] = (self._clock(), value)
            self._kept.move_to_end(key)
            if len(self._kept) > self._fallback.entries:
                self._kept.popitem(last=False)

    def answer(self, key: Hashable, reason: PostroadError) -> tuple[object, str]:
        """Return the fallback's value, and the name of the substitute.

        Raises:
            PostroadError: `reason`, if the fallback has no value.
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
