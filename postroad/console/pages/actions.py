"""Redrive and discard of dead letters, as an operator confirms them.

The work is done by `postroad.processes.redrive`, as from the command line.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages

from postroad.composition import installed
from postroad.console.pages.verbs import Answer, Verb
from postroad.messaging.inbox import dead_letters
from postroad.messaging.models import DeadLetter, DeadLetterState
from postroad.processes import redrive
from postroad.processes.redrive import Report

_MAX_NAMED = 10
"""Letters of a key that the page names; of the others it tells the number."""

_TEMPLATE = "postroad_console/confirm.html"
_NOTHING = "None of these messages is parked any more; nothing was changed."

LetterVerb = Verb[DeadLetter]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Letters that are treated together.

    Attributes:
        subscriber: Who should have handled them.
        key: Their partition key; empty when the one letter has none.
        letters: The first of them, in order.
        others: How many more there are.
    """

    subscriber: str
    key: str
    letters: Sequence[DeadLetter]
    others: int = 0


def _find_letters(ids: Sequence[int]) -> list[DeadLetter]:
    chosen = DeadLetter.objects.filter(pk__in=ids, state=DeadLetterState.PARKED)
    return list(chosen.defer(*DeadLetter.LARGE_COLUMNS).order_by("id"))


def _find_heads(ids: Sequence[int]) -> list[DeadLetter]:
    return redrive.heads(_find_letters(ids))


def _show_keys(heads: Sequence[DeadLetter]) -> dict[str, object]:
    return {"groups": [_group(letter) for letter in heads]}


def _show_letters(letters: Sequence[DeadLetter]) -> dict[str, object]:
    return {"groups": [_alone(letter) for letter in letters]}


def _group(letter: DeadLetter) -> Group:
    if not letter.partition_key:
        return _alone(letter)
    parked = dead_letters.parked(letter.subscriber, letter.partition_key)
    first = list(parked.defer(*DeadLetter.LARGE_COLUMNS)[:_MAX_NAMED])
    others = parked.count() - len(first)
    return Group(subscriber=letter.subscriber, key=letter.partition_key, letters=first, others=max(0, others))


def _alone(letter: DeadLetter) -> Group:
    return Group(subscriber=letter.subscriber, key=letter.partition_key, letters=[letter])


def _answer(report: Report) -> Answer:
    return Answer(level=messages.SUCCESS if report.is_complete else messages.ERROR, text=report.text)


REDRIVE: LetterVerb = Verb(
    name="redrive",
    model="deadletter",
    permission="change",
    title="Redrive these messages?",
    promise=(
        "The parked messages of each key below are handled now, in their order, each in a transaction of its own."
        " The first that fails again stops its key: it and those behind it stay parked."
    ),
    button="Redrive",
    nothing=_NOTHING,
    template=_TEMPLATE,
    find=_find_heads,
    show=_show_keys,
    act=lambda letter: _answer(redrive.redrive(installed(), letter)),
)
DISCARD: LetterVerb = Verb(
    name="discard",
    model="deadletter",
    permission="delete",
    title="Discard these messages?",
    promise=(
        "The messages below are discarded for good: they will not be handled, and a saga or client that waits for an"
        " answer to one of them goes on waiting. What is parked behind them stays parked until you redrive it."
    ),
    button="Discard for good",
    is_dangerous=True,
    nothing=_NOTHING,
    template=_TEMPLATE,
    find=_find_letters,
    show=_show_letters,
    act=lambda letter: _answer(redrive.discard(letter)),
)
VERBS = (REDRIVE, DISCARD)
