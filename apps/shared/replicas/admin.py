"""The admin page of the replica of a restaurant.  A service registers it for its own table."""

from typing import ClassVar

from apps.shared.admin import NamedAdmin
from postroad.console.readonly import ReadOnlyInline


class RestaurantReplicaAdmin(NamedAdmin):
    """Replicas; the owner is the restaurants service."""

    list_display: tuple[str, ...] = ("id", "name")
    list_display_links = ("id", "name")
    ordering = ("-pk",)


class MenuItemReplicaInline(ReadOnlyInline):
    """The menu as the service knows it."""

    fields: ClassVar[tuple[str, ...]] = ("menu_item_id", "name")
    verbose_name_plural = "menu"
