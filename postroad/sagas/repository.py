"""Saga instances in and out of the database, and their story for people.  Not: what moves them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec
from django.core.exceptions import ValidationError

from postroad import clock
from postroad.errors import InvalidMessage, UnknownSaga
from postroad.sagas.execution import Position, Status
from postroad.sagas.models import SagaInstance, SagaStep
from postroad.sagas.steps import SagaData

D = TypeVar("D", bound=SagaData)


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyStep:
    """One attempt of one step, as people read it; moments are UTC, `milliseconds` from start to answer."""

    name: str
    direction: str
    kind: str
    message_type: str
    channel: str
    reply: str
    outcome: str
    detail: str
    started_at: datetime
    ended_at: datetime | None
    milliseconds: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """The story of one saga, steps in the order they were started."""

    saga_id: str
    saga_type: str
    status: str
    reason: str
    started_at: datetime
    ended_at: datetime | None
    steps: tuple[JourneyStep, ...]


def lock(saga_id: str) -> SagaInstance:
    """Return an instance under a row lock, in the caller's transaction.

    Raises:
        InvalidMessage: The id is no UUID.
        UnknownSaga: No instance has the id.
    """
    try:
        return SagaInstance.objects.select_for_update().get(pk=UUID(saga_id))
    except (ValueError, ValidationError):
        raise InvalidMessage(f"saga id {saga_id!r} is no UUID.") from None
    except SagaInstance.DoesNotExist:
        raise UnknownSaga(f"no saga {saga_id} is stored here.") from None


def insert(instance: SagaInstance, steps: Sequence[SagaStep]) -> None:
    """Store a new instance with the steps it has begun; two statements."""
    instance.save(force_insert=True)
    SagaStep.objects.bulk_create(steps)


def update(instance: SagaInstance, steps: Sequence[SagaStep]) -> None:
    """Store a moved instance with the steps it has begun; at most two statements."""
    instance.updated_at = clock.now()
    instance.save(
        update_fields=["status", "step", "request_id", "failures", "reason", "data", "updated_at", "ended_at"]
    )
    if steps:
        SagaStep.objects.bulk_create(steps)


def answered(request_id: str, *, reply: str, outcome: str, detail: str) -> None:
    """Write the answer into the history of the step that waited for it."""
    waiting = SagaStep.objects.filter(request_id=request_id)
    waiting.update(reply=reply, outcome=outcome, detail=detail, ended_at=clock.now())


def position_of(instance: SagaInstance) -> Position:
    """Return where an instance stands."""
    return Position(
        status=Status(instance.status), step=instance.step, failures=instance.failures, reason=instance.reason
    )


def place(instance: SagaInstance, position: Position) -> None:
    """Write a position into an instance (not yet into the database)."""
    instance.status, instance.step = position.status.value, position.step
    instance.failures, instance.reason = position.failures, position.reason
    if position.status in (Status.COMPLETED, Status.COMPENSATED):
        instance.ended_at = clock.now()


def write_data(instance: SagaInstance, data: SagaData) -> None:
    """Put the saga's data into an instance as JSON values."""
    instance.data = msgspec.to_builtins(data)


def read_data(instance: SagaInstance, data: type[D]) -> D:
    """Return the saga's data as its class.

    Raises:
        InvalidMessage: The stored data no longer fit the class: a field was added without default.
    """
    try:
        return msgspec.convert(instance.data, data)
    except msgspec.ValidationError as error:
        raise InvalidMessage(
            f"{instance.type} {instance.pk}: stored data do not fit {data.__qualname__}: {error}"
        ) from error


def journey(saga_types: Collection[str], key: str) -> Journey | None:
    """Return the story of the latest saga of these types about `key`; None if there is none.  Two statements."""
    instance = SagaInstance.objects.filter(type__in=saga_types, key=key).order_by("-created_at").first()
    if instance is None:
        return None
    return Journey(
        saga_id=str(instance.pk),
        saga_type=instance.type,
        status=instance.status,
        reason=instance.reason,
        started_at=instance.created_at,
        ended_at=instance.ended_at,
        steps=tuple(_journey_step(step) for step in instance.history.order_by("id")),
    )


def _journey_step(step: SagaStep) -> JourneyStep:
    took = None if step.ended_at is None else round((step.ended_at - step.started_at).total_seconds() * 1000)
    return JourneyStep(
        name=step.step,
        direction=step.direction,
        kind="command" if step.channel else "local",
        message_type=step.action,
        channel=step.channel,
        reply=step.reply,
        outcome=step.outcome,
        detail=step.detail,
        started_at=step.started_at,
        ended_at=step.ended_at,
        milliseconds=took,
    )
