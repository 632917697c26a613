"""The timeline of a saga on its page: each attempt of its history, then the steps that follow."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from postroad.console import render
from postroad.errors import PostroadError
from postroad.sagas import catalog
from postroad.sagas.execution import Status
from postroad.sagas.history import SagaHistory, SagaHistoryStep, history_of
from postroad.sagas.models import SagaInstance


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One attempt of one step.

    Attributes:
        look: CSS class: `done`, `refused` or `waiting`.
        waiting: How long the reply has been awaited, as text; empty when the step has ended.
    """

    step: SagaHistoryStep
    look: str
    waiting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What the template shows.

    Attributes:
        entries: In the order they were started.
        coming: Names of the steps that follow if no participant refuses.
    """

    history: SagaHistory
    entries: Sequence[Entry]
    coming: Sequence[str]

    @property
    def is_stuck(self) -> bool:
        """Whether it waits for an operator."""
        return self.history.status == Status.STUCK


def timeline(saga: SagaInstance) -> Timeline:
    """Return the timeline of a saga; one statement."""
    history = history_of(saga)
    return Timeline(history=history, entries=[_entry(step) for step in history.steps], coming=tuple(_coming(saga)))


def _entry(step: SagaHistoryStep) -> Entry:
    if step.ended_at is None:
        return Entry(step=step, look="waiting", waiting=render.age(step.started_at))
    return Entry(step=step, look="refused" if step.is_refused else "done", waiting="")


def _coming(saga: SagaInstance) -> Iterable[str]:
    """Return the steps that follow; none if this process does not have the saga's definition."""
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
