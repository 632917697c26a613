"""The admin page of the replica of a restaurant.  A service registers it for its own table."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from typing_extensions import override

from postroad.console.readonly import ReadOnlyAdmin, ReadOnlyInline, find_by_number


class RestaurantReplicaAdmin(ReadOnlyAdmin):
    """Replicas; the owner is the restaurants service."""

    list_display: tuple[str, ...] = ("id", "name")
    list_display_links = ("id", "name")
    ordering = ("-pk",)
    search_fields = ("pk",)
    search_help_text = "Number, or name in full."

    @override
    def find(self, rows: "QuerySet[Any]", term: str) -> "QuerySet[Any]":
        return find_by_number(rows, term) | rows.filter(name=term)


class MenuItemReplicaInline(ReadOnlyInline):
    """The menu as the service knows it."""

    fields: ClassVar[tuple[str, ...]] = ("menu_item_id", "name")
    verbose_name_plural = "menu"
