"""The admin's list and page of the outbox: which messages wait, and why.

See also: `outbox_actions`, retry and discard.
"""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.safestring import SafeString
from typing_extensions import override

from postroad.console import render
from postroad.console.filters import IndexedValuesFilter
from postroad.console.pages import confidential
from postroad.console.pages.outbox_actions import DISCARD, RETRY, VERBS, WAITING
from postroad.console.readonly import ReadOnlyAdmin, read_number
from postroad.console.theme import detail_action, display
from postroad.messaging import headers as names
from postroad.messaging.message import Envelope
from postroad.messaging.models import OutboxMessage, OutboxState
from postroad.messaging.outbox.table import partition_of

_MAX_SCANNED = 10_000
"""Oldest rows among which a message type is searched: an index on the type would slow down every message sent."""


_COLOURS = {
    OutboxState.DELAYED.label: "info",
    OutboxState.READY.label: "success",
    OutboxState.HELD.label: "warning",
    OutboxState.SET_ASIDE.label: "danger",
    OutboxState.BEHIND.label: "warning",
}


class ChannelFilter(IndexedValuesFilter):
    """By channel or queue."""

    title = "destination"
    parameter_name = column = "channel"


class ErrorFilter(SimpleListFilter):
    """By whether sending has failed."""

    title = "attempts"
    parameter_name = "failing"

    @override
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "could not be sent yet")]

    @override
    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        return queryset.filter(attempts__gt=0) if self.value() == "yes" else queryset


class StateFilter(SimpleListFilter):
    """By what the message waits for."""

    title = "state"
    parameter_name = "state"

    @override
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(state.value), state.label) for state in OutboxState]

    @override
    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        chosen = self.value()
        known = {str(state.value) for state in OutboxState}
        return queryset.filter(state=int(chosen)) if chosen in known and chosen is not None else queryset


class OutboxMessageAdmin(ReadOnlyAdmin):
    """Oldest first, as the relay takes them."""

    list_display = ("type", "state_label", "destination", "partition_key", "waiting_for", "attempts", "error")
    list_filter = (StateFilter, ChannelFilter, ErrorFilter)
    ordering = ("id",)
    large_columns = OutboxMessage.LARGE_COLUMNS
    search_fields = ("message_id",)
    search_help_text = "Message id, partition key, or message type."
    actions = ("retry_chosen", "discard_chosen")
    actions_detail = ("retry_this", "discard_this")
    fieldsets = (
        (
            None,
            {"fields": ("type", "message_id", "destination", "partition_key", "correlation_id", "reply_to", "app_id")},
        ),
        ("Sending", {"fields": ("state_label", "created_at", "available_at", "attempts", "error", "lane")}),
        ("Content", {"fields": ("content_type", "shown_headers", "shown_body")}),
    )

    @override
    def get_urls(self) -> list[URLPattern]:
        return [*(verb.page(self) for verb in VERBS), *super().get_urls()]

    @override
    def find(self, rows: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        try:
            return rows.filter(message_id=UUID(term))
        except ValueError:
            oldest = OutboxMessage.objects.order_by("id").values("pk")[:_MAX_SCANNED]
            of_type = rows.filter(pk__in=oldest, type=term)
            if "." in term and of_type.exists():
                return of_type
            lane = partition_of(Envelope(id="", type="", body=b"", headers={names.PARTITION_KEY: term}))
            return rows.filter(_in_lane(lane), partition_key=term)

    @admin.action(description="Send again, each in its place", permissions=["retry"])
    def retry_chosen(self, request: HttpRequest, rows: "QuerySet[OutboxMessage]") -> HttpResponse:
        """Lead to the page that asks for confirmation."""
        return RETRY.ask(_waiting(rows))

    @admin.action(description="Discard for good", permissions=["discard"])
    def discard_chosen(self, request: HttpRequest, rows: "QuerySet[OutboxMessage]") -> HttpResponse:
        """Lead to the page that asks for confirmation."""
        return DISCARD.ask(_waiting(rows))

    @detail_action(description="Send again", permissions=["retry"], url_path="retry", icon="replay")
    def retry_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the page that asks for confirmation."""
        return RETRY.ask(_waiting(OutboxMessage.objects.filter(pk=object_id)))

    @detail_action(description="Discard", permissions=["discard"], url_path="discard", icon="delete")
    def discard_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the page that asks for confirmation."""
        return DISCARD.ask(_waiting(OutboxMessage.objects.filter(pk=object_id)))

    def has_retry_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the user may retry, and the message, if there is one, is held or set aside."""
        return RETRY.is_allowed(request) and _is_waiting(object_id)

    def has_discard_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether the user may discard, and the message, if there is one, is held or set aside."""
        return DISCARD.is_allowed(request) and _is_waiting(object_id)

    @display(description="state", label=_COLOURS)
    def state_label(self, message: OutboxMessage) -> str:
        """What it waits for."""
        return str(OutboxState(message.state).label)

    @display(description="destination")
    def destination(self, message: OutboxMessage) -> str:
        """Channel and route."""
        return f"{message.channel} {message.route}".strip()

    @display(description="waiting for")
    def waiting_for(self, message: OutboxMessage) -> str:
        """Age of the row."""
        return render.age(message.created_at)

    @display(description="headers")
    def shown_headers(self, message: OutboxMessage) -> SafeString:
        """Each header on a line, without sensitive values."""
        return confidential.headers(message)

    @display(description="body")
    def shown_body(self, message: OutboxMessage) -> SafeString:
        """The body as text, cut if it is long, without sensitive values."""
        return confidential.body(message)


def _in_lane(lane: int) -> Q:
    """Return the condition for rows of a partition, written so that the indexes of the states are used."""
    held, aside = Q(state=OutboxState.HELD, lane=lane), Q(state__gte=OutboxState.SET_ASIDE, lane=lane)
    return Q(state=OutboxState.READY, lane=lane) | Q(state=OutboxState.DELAYED, lane=lane) | held | aside


def _waiting(rows: "QuerySet[OutboxMessage]") -> "QuerySet[OutboxMessage]":
    """Return the rows that are held or set aside, or wait behind one."""
    return rows.filter(state__in=WAITING)


def _is_waiting(object_id: str | None) -> bool:
    if object_id is None:
        return True
    number = read_number(object_id)
    return number is not None and _waiting(OutboxMessage.objects.filter(pk=number)).exists()
