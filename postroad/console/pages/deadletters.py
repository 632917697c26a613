"""The admin's list and page of dead letters: which message could not be handled, and why.

See also: `actions`, redrive and discard.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.safestring import SafeString
from typing_extensions import override

from postroad.console import render
from postroad.console.filters import IndexedValuesFilter
from postroad.console.pages import confidential
from postroad.console.pages.actions import DISCARD, REDRIVE, VERBS, LetterVerb
from postroad.console.pages.verbs import MAX_AT_ONCE
from postroad.console.readonly import ReadOnlyAdmin, read_number
from postroad.console.theme import detail_action, display
from postroad.messaging.models import DeadLetter, DeadLetterState, Start
from postroad.messaging.texts import SHORT, short

_COLOURS = {
    DeadLetterState.PARKED.value: "danger",
    DeadLetterState.REDRIVEN.value: "success",
    DeadLetterState.DISCARDED.value: "info",
}


class SubscriberFilter(IndexedValuesFilter):
    """By the subscriber that should have handled the message."""

    title = "subscriber"
    parameter_name = column = "subscriber"


class DeadLetterAdmin(ReadOnlyAdmin):
    """Newest first; rows change only by redrive and discard."""

    list_display = ("type", "state_label", "subscriber", "key", "reason_line", "parked_for")
    list_filter = ("state", SubscriberFilter)
    ordering = ("-id",)
    large_columns = DeadLetter.LARGE_COLUMNS
    search_fields = ("message_id",)
    search_help_text = "Message id, partition key, or message type, in full."
    actions = ("redrive_chosen", "discard_chosen")
    actions_detail = ("redrive_this", "discard_this")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("type", "state_label"),
                    ("subscriber", "partition_key"),
                    ("message_id", "correlation_id"),
                    ("reply_to", "app_id"),
                    ("created_at", "ended_at"),
                )
            },
        ),
        ("Why", {"fields": ("reason", "attempts", "shown_traceback")}),
        ("Content", {"fields": ("content_type", "shown_headers", "shown_body")}),
    )

    @override
    def get_urls(self) -> list[URLPattern]:
        return [*(verb.page(self) for verb in VERBS), *super().get_urls()]

    @override
    def find(self, rows: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        found: QuerySet[Any] = rows.alias(key_start=Start("partition_key"), type_start=Start("type"))
        start = term[:SHORT]
        of_key, of_type = Q(key_start=start, partition_key=term), Q(type_start=start, type=term)
        return found.filter(Q(message_id=short(term)) | of_key | of_type)

    @admin.action(description="Redrive, with the messages parked behind", permissions=["redrive"])
    def redrive_chosen(self, request: HttpRequest, letters: "QuerySet[DeadLetter]") -> HttpResponse | None:
        """Lead to the page that asks for confirmation."""
        return self._ask(request, REDRIVE, letters)

    @admin.action(description="Discard for good", permissions=["discard"])
    def discard_chosen(self, request: HttpRequest, letters: "QuerySet[DeadLetter]") -> HttpResponse | None:
        """Lead to the page that asks for confirmation."""
        return self._ask(request, DISCARD, letters)

    @detail_action(
        description="Redrive, with the messages parked behind",
        permissions=["redrive"],
        url_path="redrive",
        icon="replay",
    )
    def redrive_this(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        """Lead to the page that asks for confirmation."""
        return REDRIVE.ask(DeadLetter.objects.filter(pk=object_id))

    @detail_action(description="Discard", permissions=["discard"], url_path="discard", icon="delete")
    def discard_this(self, request: HttpRequest, object_id: str) -> HttpResponse | None:
        """Lead to the page that asks for confirmation."""
        return DISCARD.ask(DeadLetter.objects.filter(pk=object_id))

    def has_redrive_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the user may redrive, and the letter, if there is one, is still parked."""
        return REDRIVE.is_allowed(request) and _is_parked(object_id)

    def has_discard_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the user may discard, and the letter, if there is one, is still parked."""
        return DISCARD.is_allowed(request) and _is_parked(object_id)

    @display(description="state", label=_COLOURS)
    def state_label(self, letter: DeadLetter) -> str:
        """The state as a coloured badge."""
        return letter.state

    @display(description="key")
    def key(self, letter: DeadLetter) -> str:
        """The beginning of the partition key."""
        return _cut(letter.partition_key)

    @display(description="reason")
    def reason_line(self, letter: DeadLetter) -> str:
        """The beginning of the reason."""
        return _cut(letter.reason)

    @display(description="parked for")
    def parked_for(self, letter: DeadLetter) -> str:
        """Age of the row."""
        return render.age(letter.created_at)

    @display(description="traceback")
    def shown_traceback(self, letter: DeadLetter) -> SafeString:
        """The end of the traceback."""
        return render.long_text(letter.traceback)

    @display(description="headers")
    def shown_headers(self, letter: DeadLetter) -> SafeString:
        """Each header on a line, without sensitive values."""
        return confidential.headers(letter)

    @display(description="body")
    def shown_body(self, letter: DeadLetter) -> SafeString:
        """The body as text, cut if it is long, without sensitive values."""
        return confidential.body(letter)

    def _ask(self, request: HttpRequest, verb: LetterVerb, letters: "QuerySet[DeadLetter]") -> HttpResponse | None:
        parked = letters.filter(state=DeadLetterState.PARKED)
        chosen = parked[: MAX_AT_ONCE + 1].count()
        if not chosen:
            self.message_user(
                request, "None of the chosen messages is parked any more; nothing was changed.", "warning"
            )
            return None
        if chosen > MAX_AT_ONCE:
            self.message_user(
                request, f"You chose more than {MAX_AT_ONCE} messages; these are the oldest {MAX_AT_ONCE}.", "warning"
            )
        return verb.ask(parked)


_LINE = 90  # characters of a value in the list


def _cut(text: str) -> str:
    return text if len(text) <= _LINE else f"{text[:_LINE]}…"


def _is_parked(object_id: str | None) -> bool:
    if object_id is None:
        return True
    number = read_number(object_id)
    return number is not None and DeadLetter.objects.filter(pk=number, state=DeadLetterState.PARKED).exists()
