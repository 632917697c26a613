"""Observers of publishing and handling, such as metrics or a test.

As `postroad.calls.policies.watch` is for calls.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The broker has taken over messages of a relay.

    Attributes:
        channel: A logical channel; `replies` for all that goes straight to one queue, whose names callers choose.
    """

    channel: str
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """A consumer has run a job.

    Attributes:
        channel: Subscriber, such as `kitchen` or `orders.replies`.
        outcome: `done` (handled, or dropped as a duplicate), `ignored` (of those done: events that nobody handles), `parked` (a dead letter), or, to be tried again, `failed`
            (a handler raised), `transient` (the database was away or in conflict), `lost` (its process died).
    """

    channel: str
    outcome: str
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRefused:
    """Commands were handled whose `reply_to` names a queue that no reply may go to (`messaging.queues`).

    Attributes:
        channel: Subscriber that handled them.
    """

    channel: str
    messages: int


Fact = Published | Attempted | ReplyRefused
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
