"""Retry and discard of messages that cannot be sent, as an operator confirms them.

The work is done by `postroad.messaging.outbox.set_aside`, as from the command line.
"""

from collections.abc import Sequence

from django.contrib import messages

from postroad.console.pages.verbs import Answer, Verb
from postroad.messaging.models import OutboxMessage, OutboxState
from postroad.messaging.outbox import set_aside
from postroad.messaging.outbox.set_aside import Report

WAITING = (OutboxState.HELD, OutboxState.SET_ASIDE, OutboxState.BEHIND)
"""States in which an operator can retry or discard a message."""

_TEMPLATE = "postroad_console/confirm_outbox.html"
_NOTHING = "None of these messages is held or set aside any more; nothing was changed."

OutboxVerb = Verb[OutboxMessage]


def _answer(report: Report) -> Answer:
    return Answer(level=messages.SUCCESS if report.is_done else messages.WARNING, text=report.text)


def _find(ids: Sequence[int]) -> list[OutboxMessage]:
    chosen = OutboxMessage.objects.filter(pk__in=ids, state__in=WAITING)
    return list(chosen.defer(*OutboxMessage.LARGE_COLUMNS).order_by("id"))


def _show(rows: Sequence[OutboxMessage]) -> dict[str, object]:
    return {"rows": rows}


RETRY: OutboxVerb = Verb(
    name="retry",
    model="outboxmessage",
    permission="change",
    title="Send these messages again?",
    promise=(
        "The relay tries the messages below again, each in its place: what waits behind it follows in order. A message"
        " that still cannot be sent is set aside again."
    ),
    button="Send again",
    nothing=_NOTHING,
    template=_TEMPLATE,
    find=_find,
    show=_show,
    act=lambda row: _answer(set_aside.retry(row.pk)),
)
DISCARD: OutboxVerb = Verb(
    name="discard",
    model="outboxmessage",
    permission="delete",
    title="Discard these messages?",
    promise=(
        "The messages below are discarded for good: their receivers never get them, and a saga or client that waits for"
        " an answer goes on waiting. What waits behind them is sent."
    ),
    button="Discard for good",
    is_dangerous=True,
    nothing=_NOTHING,
    template=_TEMPLATE,
    find=_find,
    show=_show,
    act=lambda row: _answer(set_aside.discard(row.pk)),
)
VERBS = (RETRY, DISCARD)
