"""Restaurants and their menus in the admin."""

from django.contrib import admin

from apps.restaurants.models import MenuItem, Restaurant
from apps.shared.admin import NamedAdmin
from postroad.console.readonly import ReadOnlyInline
from postroad.console.render import age
from postroad.console.theme import display


class MenuItemInline(ReadOnlyInline):
    """The menu, in the restaurant's own order."""

    model = MenuItem
    fields = ("item_id", "name", "price")
    ordering = ("pk",)
    verbose_name_plural = "menu"


@admin.register(Restaurant)
class RestaurantAdmin(NamedAdmin):
    """Newest first."""

    list_display = ("id", "name", "place", "joined")
    list_display_links = ("id", "name")
    ordering = ("-created_at",)
    inlines = (MenuItemInline,)
    fields = ("id", "name", "place", "created_at")

    @display(description="address")
    def place(self, restaurant: Restaurant) -> str:
        """The address on one line."""
        return ", ".join(str(part) for part in restaurant.address.values() if part)

    @display(description="joined")
    def joined(self, restaurant: Restaurant) -> str:
        """Age of the row."""
        return f"{age(restaurant.created_at)} ago"
