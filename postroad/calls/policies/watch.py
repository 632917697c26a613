"""Who is told how calls end and how breakers move: metrics, a console, a test."""

from dataclasses import dataclass

from postroad.calls.policies.breaker import State
from postroad.observers import Observers


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
_observers: Observers[Fact] = Observers()
add, remove, watching, tell = _observers.add, _observers.remove, _observers.watching, _observers.tell
