"""A saga's story as a page draws it: one entry an attempt, then what is still to come.  Not: the drawing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from postroad.console import render
from postroad.errors import PostroadError
from postroad.messaging import headers as names
from postroad.sagas import catalog
from postroad.sagas.execution import Direction, Status
from postroad.sagas.models import SagaInstance, SagaStep

_MAX_ENTRIES = 200
"""Attempts on a page; a step that is tried again for days has more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One attempt of one step.

    Attributes:
        look: `done`, `refused` or `waiting`.
        after: Milliseconds from the saga's start to this attempt's.
        took: Milliseconds until the answer; None while it is awaited.
        waiting: How long it has been awaited, for people; empty when it has been answered.
    """

    step: str
    action: str
    channel: str
    reply: str
    detail: str
    is_undo: bool
    look: str
    after: int
    took: int | None
    waiting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The whole story.

    Attributes:
        entries: In the order they were started.
        coming: Names of the steps that follow if all agree.
        took: Milliseconds from start to end; None while it is under way.
        has_more: Whether later attempts are left out.
    """

    status: str
    reason: str
    began: datetime
    entries: Sequence[Entry]
    coming: Sequence[str]
    took: int | None
    has_more: bool

    @property
    def is_stuck(self) -> bool:
        """Whether it waits for an operator."""
        return self.status == Status.STUCK


def timeline(saga: SagaInstance) -> Timeline:
    """Return a saga's story; one statement."""
    steps = list(saga.history.order_by("id")[: _MAX_ENTRIES + 1])
    return Timeline(
        status=saga.status,
        reason=saga.reason,
        began=saga.created_at,
        entries=[_entry(step, saga.created_at) for step in steps[:_MAX_ENTRIES]],
        coming=tuple(_coming(saga)),
        took=None if saga.ended_at is None else render.milliseconds(saga.created_at, saga.ended_at),
        has_more=len(steps) > _MAX_ENTRIES,
    )


def _entry(step: SagaStep, began: datetime) -> Entry:
    is_waiting = step.ended_at is None
    return Entry(
        step=step.step,
        action=step.action,
        channel=step.channel,
        reply=step.reply,
        detail=step.detail,
        is_undo=step.direction == Direction.UNDO,
        look="waiting" if is_waiting else "refused" if step.outcome == names.FAILURE else "done",
        after=max(0, render.milliseconds(began, step.started_at)),
        took=None if step.ended_at is None else render.milliseconds(step.started_at, step.ended_at),
        waiting=render.age(step.started_at) if is_waiting else "",
    )


def _coming(saga: SagaInstance) -> Iterable[str]:
    """Return what follows, as far as this process knows the saga's definition."""
    try:
        definition = catalog.installed().find(saga.type, saga.version).saga
        match Status(saga.status):
            case Status.RUNNING:
                return [step.name for step in definition.after(saga.step) if step.do is not None]
            case Status.COMPENSATING:
                return [f"↶ {step.name}" for step in definition.before(saga.step) if step.undo is not None]
            case Status.COMPLETED | Status.COMPENSATED | Status.STUCK:
                return ()
    except PostroadError:
        return ()
