"""The outbox for people: what waits for the relay, and why.  Not: sending it."""

from typing import Any
from uuid import UUID

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from typing_extensions import override

from postroad.console import confidential, render
from postroad.console.filters import IndexedValuesFilter
from postroad.console.readonly import ReadOnlyAdmin
from postroad.console.theme import display
from postroad.messaging import headers as names
from postroad.messaging.message import Envelope
from postroad.messaging.models import OutboxMessage
from postroad.messaging.outbox import lane_of

_MOST_SCANNED = 10_000
"""Oldest rows among which a type is looked for: an index on it would cost every message sent."""


class ChannelFilter(IndexedValuesFilter):
    """By destination."""

    title = "destination"
    parameter_name = column = "channel"


class ErrorFilter(SimpleListFilter):
    """Those that could not be sent."""

    title = "attempts"
    parameter_name = "failing"

    @override
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "could not be sent yet")]

    @override
    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        return queryset.filter(attempts__gt=0) if self.value() == "yes" else queryset


class OutboxMessageAdmin(ReadOnlyAdmin):
    """Oldest first, as the relay takes them."""

    list_display = ("type", "destination", "partition_key", "waiting_for", "attempts", "error")
    list_filter = (ChannelFilter, ErrorFilter)
    ordering = ("id",)
    large_columns = ("body", "headers")
    search_fields = ("message_id",)
    search_help_text = "Message id, partition key, or message type."
    fieldsets = (
        (
            None,
            {"fields": ("type", "message_id", "destination", "partition_key", "correlation_id", "reply_to", "app_id")},
        ),
        ("Sending", {"fields": ("created_at", "available_at", "attempts", "error", "lane")}),
        ("Content", {"fields": ("content_type", "shown_headers", "shown_body")}),
    )

    @override
    def find(self, rows: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        try:
            return rows.filter(message_id=UUID(term))
        except ValueError:
            oldest = OutboxMessage.objects.order_by("id").values("pk")[:_MOST_SCANNED]
            of_type = rows.filter(pk__in=oldest, type=term)
            if "." in term and of_type.exists():
                return of_type
            lane = lane_of(Envelope(id="", type="", body=b"", headers={names.PARTITION_KEY: term}))
            return rows.filter(lane=lane, partition_key=term)

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
        """Header by header, without what is sensitive."""
        return confidential.headers(message)

    @display(description="body")
    def shown_body(self, message: OutboxMessage) -> SafeString:
        """Readable, cut when long, without what is sensitive."""
        return confidential.body(message)
