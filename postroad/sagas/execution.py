"""What a saga does next: (definition, position, what happened) → turn.  Pure.  Not: doing it.

Semantics (Eventuate Tram Sagas, Microservices Patterns ch. 4): steps run in order; a refusal at or before the
pivot runs the compensations of the earlier steps in reverse order, and the refused step itself is not undone;
after the pivot a refused command is sent again after a growing delay; a refused compensation makes the saga
STUCK, where it waits for an operator and is never abandoned.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from postroad.retry import Backoff
from postroad.sagas.definition import Saga
from postroad.sagas.steps import Action, CheckedStep, CommandAction

RETRY = Backoff(first_seconds=1.0, ceiling_seconds=60.0)
"""Wait before a command behind the pivot is sent again: soon at first, never rarer than once a minute."""


class Status(StrEnum):
    """Where a saga stands; the last three are for good, as far as replies are concerned."""

    RUNNING = "RUNNING"
    COMPENSATING = "COMPENSATING"
    COMPLETED = "COMPLETED"
    COMPENSATED = "COMPENSATED"
    STUCK = "STUCK"

    @property
    def is_moving(self) -> bool:
        """Whether a reply may move the saga."""
        return self in (Status.RUNNING, Status.COMPENSATING)


class Direction(StrEnum):
    """Whether a step is being done or undone."""

    DO = "do"
    UNDO = "undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a saga stands.

    Attributes:
        status: See `Status`.
        step: Name of the current step; empty before the first.
        failures: Refusals in a row of the current step, behind the pivot.
        reason: Why it compensates or is stuck; empty while all goes well.
    """

    status: Status = Status.RUNNING
    step: str = ""
    failures: int = 0
    reason: str = ""

    @property
    def direction(self) -> Direction:
        """The direction of the current step."""
        return Direction.UNDO if self.status is Status.COMPENSATING else Direction.DO


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A new position with what to do there.

    Attributes:
        position: Where the saga stands now.
        action: What to do; None when the saga has ended or is stuck.
        delay_seconds: How long to wait before doing it.
    """

    position: Position
    action: Action | None = None
    delay_seconds: float = 0.0


def begin(saga: Saga) -> Turn:
    """Return the first turn."""
    return _forward(saga, Position())


def succeeded(saga: Saga, position: Position) -> Turn:
    """Return the turn after the current action has succeeded."""
    if position.status is Status.COMPENSATING:
        return _backward(saga, position)
    return _forward(saga, position)


def failed(saga: Saga, position: Position, *, reason: str) -> Turn:
    """Return the turn after the current action has been refused for `reason`."""
    if position.status is Status.COMPENSATING:
        return _stuck(position, f"undo of {position.step!r} was refused: {reason}")
    if not saga.is_past_pivot(position.step):
        return _backward(saga, replace(position, status=Status.COMPENSATING, reason=reason))
    action = saga.step(position.step).do
    if not isinstance(action, CommandAction):
        return _stuck(position, f"step {position.step!r} behind the pivot was refused: {reason}")
    again = replace(position, failures=position.failures + 1, reason=reason)
    return Turn(position=again, action=action, delay_seconds=RETRY.delay(again.failures))


def _forward(saga: Saga, position: Position) -> Turn:
    step = _first(step for step in saga.after(position.step) if step.do is not None)
    if step is None:
        return Turn(position=replace(position, status=Status.COMPLETED, failures=0, reason=""))
    return Turn(position=Position(step=step.name), action=step.do)


def _backward(saga: Saga, position: Position) -> Turn:
    step = _first(step for step in saga.before(position.step) if step.undo is not None)
    if step is None:
        return Turn(position=replace(position, status=Status.COMPENSATED, failures=0))
    return Turn(position=replace(position, step=step.name, failures=0), action=step.undo)


def _stuck(position: Position, reason: str) -> Turn:
    return Turn(position=replace(position, status=Status.STUCK, reason=reason))


def _first(steps: Iterable[CheckedStep]) -> CheckedStep | None:
    return next(iter(steps), None)
