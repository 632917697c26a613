"""Requests with an idempotency key in the admin, with the answer that a repeated request gets."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from typing_extensions import override

from apps.shared.hypermedia.models import AnsweredRequest
from postroad.console.readonly import ReadOnlyAdmin
from postroad.console.render import age
from postroad.console.theme import display


@admin.register(AnsweredRequest)
class AnsweredRequestAdmin(ReadOnlyAdmin):
    """Newest first."""

    list_display = ("key", "service", "status", "asked")
    ordering = ("-created_at",)
    large_columns = ("headers", "body")
    search_fields = ("key",)
    search_help_text = "Service and key, as in: orders 0b9e4c1c-7c5e-4a57."
    fields = (("service", "key"), ("status", "created_at"), "fingerprint", "headers", "body")

    @override
    def find(self, rows: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        service, _, key = term.strip().partition(" ")
        return rows.filter(service=service, key=key.strip())

    @display(description="asked")
    def asked(self, request: AnsweredRequest) -> str:
        """Age of the request."""
        return f"{age(request.created_at)} ago"
