"""The story of one saga for people: which step asked whom, and what was answered when.  Not: what moves it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from postroad.sagas.models import SagaInstance, SagaStep, indexed


@dataclass(frozen=True, slots=True, kw_only=True)
class SagaHistoryStep:
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
class SagaHistory:
    """The story of one saga, steps in the order they were started."""

    saga_id: str
    saga_type: str
    status: str
    reason: str
    started_at: datetime
    ended_at: datetime | None
    steps: tuple[SagaHistoryStep, ...]


def find_saga_history(saga_types: Collection[str], key: str) -> SagaHistory | None:
    """Return the story of the latest saga of these types about `key`; None if there is none.  Two statements."""
    instance = SagaInstance.objects.filter(type__in=saga_types, key=indexed(key)).order_by("-created_at").first()
    if instance is None:
        return None
    return SagaHistory(
        saga_id=str(instance.pk),
        saga_type=instance.type,
        status=instance.status,
        reason=instance.reason,
        started_at=instance.created_at,
        ended_at=instance.ended_at,
        steps=tuple(_history_step(step) for step in instance.history.order_by("id")),
    )


def _history_step(step: SagaStep) -> SagaHistoryStep:
    took = None if step.ended_at is None else round((step.ended_at - step.started_at).total_seconds() * 1000)
    return SagaHistoryStep(
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
