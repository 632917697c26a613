"""The two things a person may do about a message that cannot be sent, each behind a page that asks.  Not: the list.

The work is done by `postroad.messaging.outbox.set_aside`, as from the command line.  What was done, and by whom, is written
into the admin's own log of changes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from postroad.console.readonly import ReadOnlyAdmin
from postroad.messaging.models import OutboxMessage, OutboxState
from postroad.messaging.outbox import set_aside
from postroad.messaging.outbox.set_aside import Report

MAX_AT_ONCE = 100
"""Messages of one confirmation: what a person can look through before they agree."""

WAITING = (OutboxState.HELD, OutboxState.SET_ASIDE, OutboxState.BEHIND)
"""States in which there is something to decide."""

_ID = re.compile(r"[0-9]{1,18}")  # every longer number is beyond a 64-bit column


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """What is to be done, and how the page puts it.

    Attributes:
        name: In the address.
        permission: Django's permission for it.
        title: The question.
        promise: What will happen.
        button: What is agreed to.
        is_dangerous: Whether nothing brings the message back.
        act: Does it to one message.
    """

    name: str
    permission: str
    title: str
    promise: str
    button: str
    is_dangerous: bool
    act: Callable[[int], Report]

    def is_allowed(self, request: HttpRequest) -> bool:
        """Whether the user may do it."""
        return bool(request.user.has_perm(f"postroad_messaging.{self.permission}_outboxmessage"))


RETRY = Verb(
    name="retry",
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
DISCARD = Verb(
    name="discard",
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


def ask(verb: Verb, rows: "QuerySet[OutboxMessage]") -> HttpResponseRedirect:
    """Send the user to the page that asks whether `verb` shall be done to these messages."""
    ids = rows.filter(state__in=WAITING).order_by("id").values_list("pk", flat=True)[:MAX_AT_ONCE]
    address = reverse(f"admin:postroad_messaging_outboxmessage_confirm_{verb.name}")
    return HttpResponseRedirect(f"{address}?{urlencode({'ids': ','.join(map(str, ids))})}")


def confirm(admin: ReadOnlyAdmin, request: HttpRequest, *, verb: Verb) -> HttpResponse:
    """Ask (GET), or do it (POST), and return to the list."""
    if not verb.is_allowed(request):
        raise PermissionDenied
    ids = [int(part) for part in request.GET.get("ids", "").split(",")[:MAX_AT_ONCE] if _ID.fullmatch(part)]
    rows = list(OutboxMessage.objects.filter(pk__in=ids, state__in=WAITING).defer("body", "headers").order_by("id"))
    back = reverse("admin:postroad_messaging_outboxmessage_changelist")
    if not rows:
        messages.info(request, "None of these messages is held or set aside any more; nothing was changed.")
        return HttpResponseRedirect(back)
    if request.method == "POST":
        for row in rows:
            _do(admin, request, verb, row)
        return HttpResponseRedirect(back)
    context = {
        **admin.admin_site.each_context(request),
        "title": verb.title,
        "opts": admin.opts,
        "verb": verb,
        "rows": rows,
        "back": back,
        "media": admin.media,
    }
    return TemplateResponse(request, "postroad_console/confirm_outbox.html", context)


def _do(admin: ReadOnlyAdmin, request: HttpRequest, verb: Verb, row: OutboxMessage) -> None:
    report = verb.act(row.pk)
    messages.add_message(request, messages.SUCCESS if report.is_done else messages.WARNING, report.text)
    admin.log_change(request, row, f"{verb.button}: {report.text}")
