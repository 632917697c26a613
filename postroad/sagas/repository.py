"""Saga instances in and out of the database.  Not: what moves them."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

import msgspec
from django.core.exceptions import ValidationError

from postroad import clock
from postroad.codecs.json import write
from postroad.errors import InvalidEnvelope, InvalidMessage, UnknownSaga
from postroad.messaging.headers import FAILURE
from postroad.sagas.execution import Direction, Position, Status
from postroad.sagas.models import SagaInstance, SagaStep
from postroad.sagas.steps import SagaData

D = TypeVar("D", bound=SagaData)


def lock(saga_id: str) -> SagaInstance:
    """Return an instance under a row lock, in the caller's transaction.

    Raises:
        InvalidEnvelope: The id is no UUID.
        UnknownSaga: No instance has the id.
    """
    try:
        return SagaInstance.objects.select_for_update().get(pk=UUID(saga_id))
    except (ValueError, ValidationError):
        raise InvalidEnvelope(f"saga id {saga_id!r} is no UUID.") from None
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


def awaited_position(instance: SagaInstance) -> Position:
    """Return where an instance stands that waits for a reply.

    One that is stuck because the reply could not be used goes on from there when a usable one comes.
    """
    if instance.status != Status.STUCK:
        return position_of(instance)
    history = SagaStep.objects.filter(saga=instance)
    step = history.get(request_id=instance.request_id)
    refused = history.filter(direction=Direction.DO, outcome=FAILURE).exclude(pk=step.pk).order_by("id").last()
    return Position(
        status=Status.COMPENSATING if step.direction == Direction.UNDO else Status.RUNNING,
        step=instance.step,
        failures=instance.failures,
        reason=(refused.detail or refused.reply) if refused else "",
    )


def place(instance: SagaInstance, position: Position) -> None:
    """Write a position into an instance (not yet into the database)."""
    instance.status, instance.step = position.status.value, position.step
    instance.failures, instance.reason = position.failures, position.reason
    if position.status in (Status.COMPLETED, Status.COMPENSATED):
        instance.ended_at = clock.now()


def write_data(instance: SagaInstance, data: SagaData) -> None:
    """Put the saga's data into an instance as JSON values.

    Raises:
        InvalidMessage: They would not be read as what they are.
    """
    write(data, name=f"{instance.type} {instance.pk}: its data")
    instance.data = msgspec.to_builtins(data)


def read_data(instance: SagaInstance, data: type[D]) -> D:
    """Return the saga's data as its class.

    Raises:
        InvalidMessage: The stored data no longer fit the class: a field was added without default.
    """
    try:
        return msgspec.convert(instance.data, data, str_keys=True)
    except msgspec.ValidationError as error:
        raise InvalidMessage(
            f"{instance.type} {instance.pk}: stored data do not fit {data.__qualname__}: {error}"
        ) from error
