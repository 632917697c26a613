"""Bases of the services' admin pages: lists that are searched by number."""

from typing import Any

from django.db.models import Model, QuerySet
from typing_extensions import override

from postroad.console.readonly import ReadOnlyAdmin, find_by_number
from postroad.console.theme import display


class NumberedAdmin(ReadOnlyAdmin):
    """Rows that are searched by their number; a subclass may search by more."""

    search_fields = ("pk",)
    search_help_text = "Number."

    @override
    def find(self, rows: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        return find_by_number(rows, term)


class OrderPartAdmin(NumberedAdmin):
    """What a service knows of an order, under the order's number."""

    search_help_text = "Order number."

    @display(description="order")
    def number(self, row: Model) -> str:
        """The number of the order."""
        return f"#{row.pk}"


class NamedAdmin(NumberedAdmin):
    """Rows that are searched by number or name."""

    search_help_text = "Number, or name in full."

    @override
    def find(self, rows: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        return super().find(rows, term) | rows.filter(name=term)


class FullNameAdmin(NumberedAdmin):
    """People who are searched by number, by last name, or by last and first name."""

    list_display_links = ("id", "last_name")
    search_help_text = "Number, last name, or last and first name."

    @override
    def find(self, rows: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        last, _, first = term.partition(" ")
        return super().find(rows, term) | rows.filter(last_name=term) | rows.filter(last_name=last, first_name=first)
