"""The two things a person may do about a dead letter, each behind a page that says what will happen.

The work is done by `postroad.processes.redrive`, as from the command line.  What was done, and by whom, is written into
the admin's own log of changes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from postroad.composition import installed
from postroad.console.pages.verbs import MAX_AT_ONCE, Verb
from postroad.console.readonly import ReadOnlyAdmin
from postroad.messaging.inbox import dead_letters
from postroad.messaging.models import DeadLetter, DeadLetterState
from postroad.processes import redrive
from postroad.processes.redrive import Report

_MAX_NAMED = 10
"""Letters of a key that the page names; of the others it tells the number."""


LetterVerb = Verb[DeadLetter, Report]

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
    is_dangerous=False,
    act=lambda letter: redrive.redrive(installed(), letter),
)
DISCARD: LetterVerb = Verb(
    name="discard",
    model="deadletter",
    permission="delete",
    title="Discard these messages?",
    promise=(
        "The messages below are given up for good: they will not be handled, and a saga or client that waits for an"
        " answer to one of them goes on waiting. What is parked behind them stays parked until you redrive it."
    ),
    button="Discard for good",
    is_dangerous=True,
    act=redrive.discard,
)
VERBS = (REDRIVE, DISCARD)


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


def ask(verb: LetterVerb, letters: "QuerySet[DeadLetter]") -> HttpResponseRedirect:
    """Send the user to the page that asks whether `verb` shall be done to these letters."""
    return verb.ask(letters.order_by("id").values_list("pk", flat=True)[:MAX_AT_ONCE])


def confirm(admin: ReadOnlyAdmin, request: HttpRequest, *, verb: LetterVerb) -> HttpResponse:
    """Ask (GET), or do it (POST), and return to the list."""
    chosen = DeadLetter.objects.filter(pk__in=verb.chosen(request), state=DeadLetterState.PARKED)
    letters = list(chosen.defer("body", "headers", "traceback").order_by("id"))
    if not letters:
        messages.info(request, "None of these messages is parked any more; nothing was changed.")
        return HttpResponseRedirect(verb.list_url)
    if request.method == "POST":
        for letter in redrive.heads(letters) if verb is REDRIVE else letters:
            _do(admin, request, verb, letter)
        return HttpResponseRedirect(verb.list_url)
    context = {
        **admin.admin_site.each_context(request),
        "title": verb.title,
        "opts": admin.opts,
        "verb": verb,
        "groups": [_group(letter) for letter in redrive.heads(letters)] if verb is REDRIVE else _alone(letters),
        "back": verb.list_url,
        "media": admin.media,
    }
    return TemplateResponse(request, "postroad_console/confirm.html", context)


def _do(admin: ReadOnlyAdmin, request: HttpRequest, verb: LetterVerb, letter: DeadLetter) -> None:
    report = verb.act(letter)
    messages.add_message(request, messages.SUCCESS if report.is_complete else messages.ERROR, report.text)
    admin.log_change(request, letter, f"{verb.button}: {report.text}")


def _group(letter: DeadLetter) -> Group:
    if not letter.partition_key:
        return Group(subscriber=letter.subscriber, key="", letters=[letter])
    parked = dead_letters.parked(letter.subscriber, letter.partition_key)
    first = list(parked.defer("body", "headers", "traceback")[:_MAX_NAMED])
    others = parked.count() - len(first)
    return Group(subscriber=letter.subscriber, key=letter.partition_key, letters=first, others=max(0, others))


def _alone(letters: Iterable[DeadLetter]) -> list[Group]:
    return [Group(subscriber=letter.subscriber, key=letter.partition_key, letters=[letter]) for letter in letters]
