"""Decides what a saga does next: (definition, position, data, reply) → decision.  Pure.  See also: `orchestrator`, which acts on it.

Semantics (Eventuate Tram Sagas, Microservices Patterns ch. 4): steps run in order; a refusal at or before the
pivot runs the compensations of the earlier steps in reverse order, but not that of the refused step itself;
after the pivot a refused command is sent again after a growing delay; a refused compensation makes the saga
STUCK: it waits for an operator, and is never deleted.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from postroad import handling
from postroad.codecs.names import description_of
from postroad.codecs.showing import shown_field
from postroad.codecs.types import Message
from postroad.commands.messages import CommandDescription, command_description, reply_description
from postroad.errors import InvalidMessage, InvalidResult, PermanentError
from postroad.messaging.headers import SAGA_LOCK
from postroad.retry import Backoff
from postroad.sagas.definition import Saga
from postroad.sagas.steps import Action, CommandAction, LocalAction, SagaData

RETRY = Backoff(first_seconds=1.0, ceiling_seconds=60.0)
"""Wait before a command after the pivot is sent again: short at first, at most a minute."""


class Status(StrEnum):
    """The state of a saga; ordinary replies do not move a saga that is in one of the last three."""

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
    """The position of a saga in its definition.

    Attributes:
        status: See `Status`.
        step: Name of the current step; empty before the first.
        failures: Consecutive refusals of the current step, after the pivot.
        reason: Why it compensates or is stuck; otherwise empty.
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
class Answer:
    """The answer to a step, as the saga history shows it.

    Attributes:
        reply: Wire name of the reply.
        detail: Why it was refused; empty if the reply gives no reason.
    """

    reply: str
    is_refusal: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A command to send.

    Attributes:
        at: The position at which it is sent: the step, and whether it is done or compensated.
        command: The command, built from the saga's data.
        description: The declaration of the command.
        delay_seconds: How long to wait before it is sent.
    """

    at: Position
    command: Message
    description: CommandDescription
    delay_seconds: float = 0.0

    @property
    def is_answered(self) -> bool:
        """Whether a reply will come; a notification is not answered."""
        return bool(self.description.replies)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a saga does until the next reply or the result of a local step.

    Attributes:
        position: Its position afterwards.
        data: Its data afterwards.
        answer: The answer to the previous step; None at the beginning.
        sends: Commands to send, in order; if the last one has replies, the saga waits for its reply.
        local: The local step to run after that; its result is treated like a reply.
    """

    position: Position
    data: SagaData
    answer: Answer | None = None
    sends: tuple[Sending, ...] = ()
    local: LocalAction | None = None


def begin(saga: Saga, data: SagaData) -> Decision:
    """Return what a new saga does first."""
    return _decision(saga, _forward(saga, Position()), data)


def take(saga: Saga, position: Position, data: SagaData, reply: Message) -> Decision:
    """Return what a saga does after the answer to the current step: a reply, or the result of a local step.

    Raises:
        InvalidResult: A function of the saga's table returned a value that contradicts its annotation.
    """
    answer = answered_with(reply)
    handler = saga.step(position.step).on.get(type(reply))
    if handler is not None:
        data = checked_data(saga, handler(data, reply), handler)
    return replace(_decision(saga, _after(saga, position, answer), data), answer=answer)


def stop(position: Position, *, reply: str, why: str) -> tuple[Position, Answer]:
    """Return the position of a saga, and the answer for its history, after a reply of this wire name that cannot be used.

    The saga is stuck until a usable reply arrives.
    """
    reason = f"the reply to step {position.step!r} cannot be used, and is parked: {why}"
    return replace(position, status=Status.STUCK, reason=reason), Answer(reply=reply, is_refusal=True, detail=reason)


def usable(saga: Saga, position: Position, reply: Message | PermanentError) -> Message:
    """Check that a reply answers the current step, and return it.

    Raises:
        PermanentError: It could not be read, or the command of the step does not declare it.
    """
    if isinstance(reply, PermanentError):
        raise reply
    declared = saga.answers(position.step, is_undo=position.direction is Direction.UNDO)
    if type(reply) not in declared:
        known = ", ".join(description_of(one).name for one in declared)
        raise InvalidMessage(f"{description_of(type(reply)).name} is not a reply to its command; declared: {known}.")
    return reply


def check_lock(saga: Saga, target: str) -> None:
    """Check that the saga can release a lock: it must be `channel/lock/key` with a channel that the saga sends to.

    Raises:
        InvalidMessage: It cannot.
    """
    channels = {command_description(command).channel.name for command in saga.commands()}
    if target.count("/") < 2 or target.partition("/")[0] not in channels:
        raise InvalidMessage(f"header {SAGA_LOCK!r} {target!r:.100} does not name a lock of {saga.name}.")


def answered_with(reply: Message) -> Answer:
    """Return a reply as the saga history shows it."""
    description = reply_description(type(reply))
    return Answer(reply=description.name, is_refusal=description.is_refusal, detail=shown_field(reply, "reason"))


def checked_data(saga: Saga, data: object, function: Callable[..., Any]) -> SagaData:
    """Check that a function returned data of this saga, and return them.

    Raises:
        InvalidResult: It returned something else.
    """
    if isinstance(data, saga.data):
        taken: SagaData = data
        return taken
    handling.finished(data, function)
    raise InvalidResult(
        f"saga {saga.name}: {handling.name_of(function)} returned {type(data).__qualname__}, "
        f"not {saga.data.__qualname__}; return 'msgspec.structs.replace(data, …)'."
    )


@dataclass(frozen=True, slots=True)
class _Turn:
    """A new position, and the action to run there; None if the saga has ended or is stuck."""

    position: Position
    action: Action | None = None
    delay_seconds: float = 0.0


def _decision(saga: Saga, turn: _Turn, data: SagaData) -> Decision:
    """Follow a turn and all notifications until the saga waits, has ended, or has a local step to run."""
    sends: list[Sending] = []
    while isinstance(action := turn.action, CommandAction):
        sends.append(
            Sending(
                at=turn.position,
                command=_made(action, data),
                description=action.description,
                delay_seconds=turn.delay_seconds,
            )
        )
        if sends[-1].is_answered:
            return Decision(position=turn.position, data=data, sends=tuple(sends))
        turn = _after(saga, turn.position)
    return Decision(position=turn.position, data=data, sends=tuple(sends), local=action)


def _made(action: CommandAction, data: SagaData) -> Message:
    command = handling.finished(action.make(data), action.make)
    if type(command) is not action.message:
        raise InvalidResult(
            f"{handling.name_of(action.make)} returned {type(command).__qualname__}, not {action.message.__qualname__}."
        )
    return command


def _after(saga: Saga, position: Position, answer: Answer | None = None) -> _Turn:
    """Return the turn after the current step has succeeded, or has been refused."""
    if answer is not None and answer.is_refusal:
        return _refused(saga, position, reason=answer.detail or answer.reply)
    if position.status is Status.COMPENSATING:
        return _backward(saga, position)
    return _forward(saga, position)


def _refused(saga: Saga, position: Position, *, reason: str) -> _Turn:
    if position.status is Status.COMPENSATING:
        return _stuck(position, f"undo of {position.step!r} was refused: {reason}")
    if not saga.is_past_pivot(position.step):
        return _backward(saga, replace(position, status=Status.COMPENSATING, reason=reason))
    action = saga.step(position.step).do
    if not isinstance(action, CommandAction):
        return _stuck(position, f"step {position.step!r} after the pivot was refused: {reason}")
    again = replace(position, failures=position.failures + 1, reason=reason)
    return _Turn(again, action, RETRY.delay(again.failures))


def _forward(saga: Saga, position: Position) -> _Turn:
    for step in saga.after(position.step):
        if step.do is not None:
            return _Turn(Position(step=step.name), step.do)
    return _Turn(replace(position, status=Status.COMPLETED, failures=0, reason=""))


def _backward(saga: Saga, position: Position) -> _Turn:
    for step in saga.before(position.step):
        if step.undo is not None:
            return _Turn(replace(position, step=step.name, failures=0), step.undo)
    return _Turn(replace(position, status=Status.COMPENSATED, failures=0))


def _stuck(position: Position, reason: str) -> _Turn:
    return _Turn(replace(position, status=Status.STUCK, reason=reason))
