"""The two things a person may do about a message that cannot be sent, each behind a page that asks.

The work is done by `postroad.messaging.outbox.set_aside`, as from the command line.  What was done, and by whom, is written
into the admin's own log of changes.
"""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse

from postroad.console.pages.verbs import MAX_AT_ONCE, Verb
from postroad.console.readonly import ReadOnlyAdmin
from postroad.messaging.models import OutboxMessage, OutboxState
from postroad.messaging.outbox import set_aside
from postroad.messaging.outbox.set_aside import Report

WAITING = (OutboxState.HELD, OutboxState.SET_ASIDE, OutboxState.BEHIND)
"""States in which there is something to decide."""

OutboxVerb = Verb[int, Report]

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
    is_dangerous=False,
    act=set_aside.retry,
)
DISCARD: OutboxVerb = Verb(
    name="discard",
    model="outboxmessage",
    permission="delete",
    title="Discard these messages?",
    promise=(
        "The messages below are given up for good: their receivers never get them, and a saga or client that waits for"
        " an answer goes on waiting. What waits behind them is sent."
    ),
    button="Discard for good",
    is_dangerous=True,
    act=set_aside.discard,
)
VERBS = (RETRY, DISCARD)


def ask(verb: OutboxVerb, rows: "QuerySet[OutboxMessage]") -> HttpResponseRedirect:
    """Send the user to the page that asks whether `verb` shall be done to these messages."""
    return verb.ask(rows.filter(state__in=WAITING).order_by("id").values_list("pk", flat=True)[:MAX_AT_ONCE])


def confirm(admin: ReadOnlyAdmin, request: HttpRequest, *, verb: OutboxVerb) -> HttpResponse:
    """Ask (GET), or do it (POST), and return to the list."""
    chosen = OutboxMessage.objects.filter(pk__in=verb.chosen(request), state__in=WAITING)
    rows = list(chosen.defer("body", "headers").order_by("id"))
    if not rows:
        messages.info(request, "None of these messages is held or set aside any more; nothing was changed.")
        return HttpResponseRedirect(verb.list_url)
    if request.method == "POST":
        for row in rows:
            _do(admin, request, verb, row)
        return HttpResponseRedirect(verb.list_url)
    context = {
        **admin.admin_site.each_context(request),
        "title": verb.title,
        "opts": admin.opts,
        "verb": verb,
        "rows": rows,
        "back": verb.list_url,
        "media": admin.media,
    }
    return TemplateResponse(request, "postroad_console/confirm_outbox.html", context)


def _do(admin: ReadOnlyAdmin, request: HttpRequest, verb: OutboxVerb, row: OutboxMessage) -> None:
    report = verb.act(row.pk)
    messages.add_message(request, messages.SUCCESS if report.is_done else messages.WARNING, report.text)
    admin.log_change(request, row, f"{verb.button}: {report.text}")
