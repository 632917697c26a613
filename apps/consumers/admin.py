"""Consumers in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from typing_extensions import override

from apps.consumers.models import Consumer
from postroad.console.readonly import ReadOnlyAdmin, find_by_number
from postroad.console.render import age
from postroad.console.theme import display


@admin.register(Consumer)
class ConsumerAdmin(ReadOnlyAdmin):
    """Newest first."""

    list_display = ("id", "first_name", "last_name", "registered")
    list_display_links = ("id", "last_name")
    ordering = ("-created_at",)
    search_fields = ("pk",)
    search_help_text = "Number, last name, or last and first name."
    fields = ("id", "first_name", "last_name", "created_at")

    @override
    def find(self, rows: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        last, _, first = term.partition(" ")
        named = Q(last_name=term) | Q(last_name=last, first_name=first)
        return find_by_number(rows, term) | rows.filter(named)

    @display(description="registered")
    def registered(self, consumer: Consumer) -> str:
        """Age of the row."""
        return f"{age(consumer.created_at)} ago"
