"""Observers of publishing and handling, such as metrics or a test.  See also: `postroad.calls.policies.watch`, for calls."""

from dataclasses import dataclass

from postroad.observers import Observers


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The broker has taken over messages of a relay.

    Attributes:
        channel: A logical channel; `replies` for all messages directly to one queue, since callers choose such names.
    """

    channel: str
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """A consumer has handled messages, or tried to.

    Attributes:
        channel: Subscriber, such as `kitchen` or `orders.replies`.
        outcome: `done` (handled, or dropped as a duplicate), `ignored` (of those done: events without a handler), `parked`
            (a dead letter), or, to be tried again, `failed` (a handler raised), `transient` (the database was unavailable
            or reported a conflict), `lost` (its process died).
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
_observers: Observers[Fact] = Observers()
add, remove, watching, tell = _observers.add, _observers.remove, _observers.watching, _observers.tell
