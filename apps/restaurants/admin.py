"""Restaurants and their menus in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from typing_extensions import override

from apps.restaurants.models import MenuItem, Restaurant
from postroad.console.readonly import ReadOnlyAdmin, ReadOnlyInline, find_by_number
from postroad.console.render import age
from postroad.console.theme import display


class MenuItemInline(ReadOnlyInline):
    """The menu, in the restaurant's own order."""

    model = MenuItem
    fields = ("item_id", "name", "price")
    ordering = ("pk",)
    verbose_name_plural = "menu"


@admin.register(Restaurant)
class RestaurantAdmin(ReadOnlyAdmin):
    """Newest first."""

    list_display = ("id", "name", "place", "joined")
    list_display_links = ("id", "name")
    ordering = ("-created_at",)
    search_fields = ("pk",)
    search_help_text = "Number, or name in full."
    inlines = (MenuItemInline,)
    fields = ("id", "name", "place", "created_at")

    @override
    def find(self, rows: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        return find_by_number(rows, term) | rows.filter(name=term)

    @display(description="address")
    def place(self, restaurant: Restaurant) -> str:
        """The address on one line."""
        return ", ".join(str(part) for part in restaurant.address.values() if part)

    @display(description="joined")
    def joined(self, restaurant: Restaurant) -> str:
        """Age of the row."""
        return f"{age(restaurant.created_at)} ago"
