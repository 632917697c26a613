"""Tickets in the admin, each with its lines, and the replica they are checked against."""

from django.contrib import admin
from django.utils.safestring import SafeString

from apps.kitchen.domain import TicketState
from apps.kitchen.models import MenuItem, Restaurant, Ticket, TicketLineItem
from apps.shared.admin import OrderPartAdmin
from apps.shared.replicas.admin import MenuItemReplicaInline, RestaurantReplicaAdmin
from postroad.console.readonly import ReadOnlyInline
from postroad.console.render import age, list_link
from postroad.console.theme import display

_ENDED = {TicketState.PICKED_UP.value: "success", TicketState.CANCELLED.value: "danger"}
_COLOURS = {state.value: _ENDED.get(state.value, "warning" if "PENDING" in state else "info") for state in TicketState}


class LineItemInline(ReadOnlyInline):
    """What is to be cooked."""

    model = TicketLineItem
    fields = ("quantity", "name", "menu_item_id")
    verbose_name_plural = "lines"


@admin.register(Ticket)
class TicketAdmin(OrderPartAdmin):
    """Newest first; a restaurant in the list leads to its other tickets."""

    list_display = ("number", "state_label", "restaurant", "ready_by", "made")
    list_filter = ("state",)
    ordering = ("-created_at",)
    inlines = (LineItemInline,)
    fields = (("number", "state_label"), ("restaurant", "ready_by"), "created_at")

    @display(description="state", label=_COLOURS)
    def state_label(self, ticket: Ticket) -> str:
        """The state as a coloured badge."""
        return ticket.state

    @display(description="restaurant")
    def restaurant(self, ticket: Ticket) -> SafeString:
        """Leads to the restaurant's tickets."""
        return list_link("kitchen_ticket", ticket.restaurant_id, restaurant_id=ticket.restaurant_id)

    @display(description="made")
    def made(self, ticket: Ticket) -> str:
        """Age of the ticket."""
        return f"{age(ticket.created_at)} ago"


class MenuItemInline(MenuItemReplicaInline):
    """The menu as the kitchen knows it."""

    model = MenuItem


@admin.register(Restaurant)
class RestaurantAdmin(RestaurantReplicaAdmin):
    """Replicas of restaurants, each with its menu."""

    inlines = (MenuItemInline,)
