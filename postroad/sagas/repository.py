"""Reads and writes saga instances and their history."""

from collections.abc import Sequence
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from django.core.exceptions import ValidationError

from postroad import clock
from postroad.codecs.json import write
from postroad.codecs.names import key_text
from postroad.errors import InvalidEnvelope, InvalidMessage, UnknownSaga
from postroad.ids import new_id
from postroad.messaging.headers import FAILURE, SUCCESS
from postroad.messaging.texts import indexed, storable
from postroad.sagas.definition import Saga
from postroad.sagas.execution import Answer, Direction, Position, Status
from postroad.sagas.models import SagaInstance, SagaStep
from postroad.sagas.steps import SagaData

D = TypeVar("D", bound=SagaData)
_MOVED = ["status", "step", "request_id", "failures", "reason", "data", "locks", "updated_at", "ended_at"]


def lock(saga_id: str) -> SagaInstance:
    """Return an instance under a row lock, in the caller's transaction.

    Raises:
        InvalidEnvelope: The id is not a UUID.
        UnknownSaga: No instance has the id.
    """
    try:
        return SagaInstance.objects.select_for_update().get(pk=UUID(saga_id))
    except (ValueError, ValidationError):
        raise InvalidEnvelope(f"saga id {saga_id!r} is not a UUID.") from None
    except SagaInstance.DoesNotExist:
        raise UnknownSaga(f"no saga {saga_id} is stored here.") from None


def new_instance(saga: Saga, data: SagaData) -> SagaInstance:
    """Return a new instance, not yet stored."""
    moment = clock.now()
    return SagaInstance(
        id=new_id(),
        type=saga.name,
        version=saga.version,
        key=indexed(key_text(getattr(data, saga.key))),
        created_at=moment,
        updated_at=moment,
    )


def insert(instance: SagaInstance, steps: Sequence[SagaStep]) -> None:
    """Store a new instance with the steps it has begun; two statements."""
    instance.save(force_insert=True)
    SagaStep.objects.bulk_create(steps)


def update(instance: SagaInstance, answer: Answer | None, request_id: str, steps: Sequence[SagaStep]) -> None:
    """Store an instance that has moved, with its history; at most three statements.

    Args:
        instance: The instance.
        answer: The answer to the step that waited for it.
        request_id: Id of the command that this step had sent.
        steps: The steps begun since.
    """
    if answer is not None:
        SagaStep.objects.filter(request_id=request_id).update(**_columns(answer))
    instance.updated_at = clock.now()
    instance.save(update_fields=_MOVED)
    if steps:
        SagaStep.objects.bulk_create(steps)


def update_locks(instance: SagaInstance) -> None:
    """Store only the locks of an instance that has not moved."""
    instance.save(update_fields=["locks"])


def note_answer(step: SagaStep, answer: Answer | None) -> None:
    """Write the answer to a step into its row (not yet into the database)."""
    if answer is not None:
        for name, value in _columns(answer).items():
            setattr(step, name, value)


def _columns(answer: Answer) -> dict[str, Any]:
    return {
        "reply": answer.reply,
        "outcome": FAILURE if answer.is_refusal else SUCCESS,
        "detail": answer.detail,
        "ended_at": clock.now(),
    }


def position_of(instance: SagaInstance) -> Position:
    """Return the position of an instance."""
    return Position(
        status=Status(instance.status), step=instance.step, failures=instance.failures, reason=instance.reason
    )


def awaited_position(instance: SagaInstance) -> Position:
    """Return the position from which an instance continues when its reply arrives.

    For an instance that is stuck because a reply could not be used, it is the position before that reply.
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
    instance.failures, instance.reason = position.failures, storable(position.reason)
    if position.status in (Status.COMPLETED, Status.COMPENSATED):
        instance.ended_at = clock.now()


def write_data(instance: SagaInstance, data: SagaData) -> None:
    """Put the saga's data into an instance as JSON values.

    Raises:
        InvalidMessage: They would be read back as something else.
    """
    write(data, name=f"{instance.type} {instance.pk}: its data")
    instance.data = msgspec.to_builtins(data)


def read_data(instance: SagaInstance, data: type[D]) -> D:
    """Return the saga's data as its class.

    Raises:
        InvalidMessage: The stored data no longer fit the class, for example because a field was added without default.
    """
    try:
        return msgspec.convert(instance.data, data, str_keys=True)
    except msgspec.ValidationError as error:
        raise InvalidMessage(
            f"{instance.type} {instance.pk}: stored data do not fit {data.__qualname__}: {error}"
        ) from error
