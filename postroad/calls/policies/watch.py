"""Who is told how calls end and how breakers move: metrics, a console, a test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from postroad.calls.policies.breaker import State


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded:
    """One call, with all its attempts.

    Attributes:
        outcome: `answered`, `rejected` (4xx), the name of the failure, such as `BreakerOpen`, or `abandoned`.
        substitute: How the caller was answered all the same: `cached`, `default`, `omitted`; empty: it was not needed.
    """

    service: str
    operation: str
    outcome: str
    substitute: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerMoved:
    """A breaker changed its state."""

    service: str
    before: State
    after: State


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered:
    """Our gRPC server has answered a call, or ended a stream; what gRPC itself answers, such as UNIMPLEMENTED, is not told.

    Attributes:
        code: The name of gRPC's status, such as `OK`.
    """

    servicer: str
    code: str


Fact = CallEnded | BreakerMoved | CallAnswered
Watcher = Callable[[Fact], None]
_watchers: list[Watcher] = []


def add(watcher: Watcher) -> None:
    """Tell a watcher every fact from now on, in the thread where it happens: it must be quick and raise nothing."""
    if watcher not in _watchers:  # applications may be made ready twice in one process, as in tests
        _watchers.append(watcher)


def remove(watcher: Watcher) -> None:
    """Tell a watcher nothing more."""
    _watchers.remove(watcher)


@contextmanager
def watching(watcher: Watcher) -> Iterator[None]:
    """Tell a watcher what happens during a block."""
    is_there = watcher in _watchers
    add(watcher)
    try:
        yield
    finally:
        if not is_there:
            remove(watcher)


def tell(fact: Fact) -> None:
    """Tell every watcher."""
    for watcher in tuple(_watchers):
        watcher(fact)
