"""The history of sagas for people: which command was sent to whom, what was answered and how long it took.

Read by the console, `manage.py sagas`, the start page and, through `find_saga_history`, by services.
See also: `repository`, which writes it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import OuterRef, Q, Subquery

from postroad import clock
from postroad.messaging.headers import FAILURE
from postroad.messaging.texts import indexed
from postroad.sagas.execution import Direction
from postroad.sagas.models import SagaInstance, SagaStep

MAX_STEPS = 200
"""Attempts of one history, the newest: a step that is tried again for days has more than a person reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaHistoryStep:
    """One attempt of one step.

    Attributes:
        name: Name of the step.
        direction: `do` or `undo`.
        message_type: Type of the command that was sent, or name of the function of a local step.
        channel: Command channel that it was sent to; empty for a local step.
        reply: Type of the reply; empty while it is awaited, and when none is expected.
        outcome: `success` or `failure`; empty while a reply is awaited.
        detail: Why it was refused.
        started_at: When the command was stored, UTC.
        ended_at: When the reply was handled, UTC; None while it is awaited.
        after: Milliseconds from the start of the saga to the start of this attempt.
        milliseconds: Milliseconds from start to end; None while a reply is awaited.
    """

    name: str
    direction: str
    message_type: str
    channel: str
    reply: str
    outcome: str
    detail: str
    started_at: datetime
    ended_at: datetime | None
    after: int
    milliseconds: int | None

    @property
    def kind(self) -> str:
        """`command`, or `local` for a step inside the saga's own service."""
        return "command" if self.channel else "local"

    @property
    def service(self) -> str:
        """Name of the service that the command was sent to; empty for a local step."""
        return self.channel.partition(".")[0]

    @property
    def is_undo(self) -> bool:
        """Whether it compensates a step."""
        return self.direction == Direction.UNDO

    @property
    def is_refused(self) -> bool:
        """Whether the participant refused it."""
        return self.outcome == FAILURE


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaHistory:
    """What one saga has done.

    Attributes:
        saga_type: Such as `orders.CreateOrder`.
        key: What the saga is about; a very long key is shortened.
        reason: Why it compensates or is stuck; empty while all goes well.
        failures: Consecutive refusals of the current step, after the pivot.
        started_at: UTC.
        ended_at: UTC; None while the saga is under way.
        steps: The newest attempts, oldest first.
        has_earlier: Whether there are older attempts than `steps` holds.
    """

    saga_id: str
    saga_type: str
    version: int
    key: str
    status: str
    reason: str
    failures: int
    started_at: datetime
    ended_at: datetime | None
    steps: tuple[SagaHistoryStep, ...]
    has_earlier: bool

    @property
    def milliseconds(self) -> int | None:
        """Milliseconds from start to end; None while the saga is under way."""
        return None if self.ended_at is None else milliseconds_between(self.started_at, self.ended_at)

    @property
    def elapsed_milliseconds(self) -> int:
        """Milliseconds from the start to the end, or to now while the saga is under way."""
        return milliseconds_between(self.started_at, self.ended_at or clock.now())


def history_of(saga: SagaInstance, *, maximum_steps: int = MAX_STEPS) -> SagaHistory:
    """Return the history of a saga; one statement."""
    newest = saga.history.order_by("-id")[: maximum_steps + 1]
    return _history(saga, list(newest)[::-1], maximum_steps=maximum_steps)


def find_saga_history(saga_types: Collection[str], key: str) -> SagaHistory | None:
    """Return the history of the newest saga of these types about `key`; None if there is none.  Two statements."""
    found = SagaInstance.objects.filter(type__in=saga_types, key=indexed(key)).defer("data")
    saga = found.order_by("-created_at").first()
    return None if saga is None else history_of(saga)


def newest_histories(sagas: int, *, maximum_steps: int = MAX_STEPS) -> list[SagaHistory]:
    """Return the histories of some sagas, those that started last, newest first.  Two statements.

    Of a saga with more than `maximum_steps` attempts no more rows are read than are returned, and one.
    """
    attempts = SagaStep.objects.filter(saga=OuterRef("pk")).order_by("-saga_id", "-id").values("pk")
    newest = SagaInstance.objects.defer("data").order_by("-created_at")
    found = list(newest.annotate(oldest=Subquery(attempts[maximum_steps : maximum_steps + 1]))[:sagas])
    steps: dict[object, list[SagaStep]] = {saga.pk: [] for saga in found}
    if found:
        shown = reduce(or_, (Q(saga=saga, pk__gte=saga.oldest or 0) for saga in found))
        for step in SagaStep.objects.filter(shown).order_by("saga_id", "id"):
            steps[step.saga_id].append(step)
    return [_history(saga, steps[saga.pk], maximum_steps=maximum_steps) for saga in found]


def milliseconds_between(start: datetime, end: datetime) -> int:
    """Return how long something took."""
    return round((end - start).total_seconds() * 1000)


def _history(saga: SagaInstance, steps: list[SagaStep], *, maximum_steps: int) -> SagaHistory:
    return SagaHistory(
        saga_id=str(saga.pk),
        saga_type=saga.type,
        version=saga.version,
        key=saga.key,
        status=saga.status,
        reason=saga.reason,
        failures=saga.failures,
        started_at=saga.created_at,
        ended_at=saga.ended_at,
        steps=tuple(_steps(steps[-maximum_steps:], started_at=saga.created_at)),
        has_earlier=len(steps) > maximum_steps,
    )


def _steps(steps: Iterable[SagaStep], *, started_at: datetime) -> Iterable[SagaHistoryStep]:
    for step in steps:
        yield SagaHistoryStep(
            name=step.step,
            direction=step.direction,
            message_type=step.action,
            channel=step.channel,
            reply=step.reply,
            outcome=step.outcome,
            detail=step.detail,
            started_at=step.started_at,
            ended_at=step.ended_at,
            after=max(0, milliseconds_between(started_at, step.started_at)),  # clocks of two processes differ
            milliseconds=None if step.ended_at is None else milliseconds_between(step.started_at, step.ended_at),
        )
