"""Observers of calls and breakers, such as metrics, a console or a test."""

from dataclasses import dataclass

from postroad.calls.policies.breaker import State
from postroad.observers import Observers


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded:
    """One call, with all its attempts.

    Attributes:
        outcome: `answered`, `rejected` (4xx), the name of the failure, such as `BreakerOpen`, or `abandoned`.
        substitute: The fallback used: `cached`, `default`, `omitted`; empty if none was used.
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
    """The gRPC server answered a call or ended a stream; answers of gRPC itself, such as UNIMPLEMENTED, are not reported.

    Attributes:
        code: The name of gRPC's status, such as `OK`.
    """

    servicer: str
    code: str


Fact = CallEnded | BreakerMoved | CallAnswered
_observers: Observers[Fact] = Observers()
add, remove, watching, tell = _observers.add, _observers.remove, _observers.watching, _observers.tell
