"""Orders in the admin, each with its lines and the way to its sagas, and the replicas they are checked against."""

from django.contrib import admin
from django.utils.safestring import SafeString

from apps.orders.domain import OrderState
from apps.orders.models import Consumer, MenuItem, Order, OrderLineItem, Restaurant
from apps.orders.usecases import find_history
from apps.shared.admin import FullNameAdmin, OrderPartAdmin
from apps.shared.replicas.admin import MenuItemReplicaInline, RestaurantReplicaAdmin
from apps.shared.values import address_line
from postroad import waiting
from postroad.console.pages.sagas import saga_links
from postroad.console.readonly import ReadOnlyInline
from postroad.console.render import age, list_link
from postroad.console.theme import display

_COLOURS = {
    OrderState.APPROVAL_PENDING.value: "info",
    OrderState.APPROVED.value: "success",
    OrderState.REJECTED.value: "danger",
    OrderState.CANCEL_PENDING.value: "warning",
    OrderState.CANCELLED.value: "primary",
    OrderState.REVISION_PENDING.value: "warning",
}


class LineItemInline(ReadOnlyInline):
    """What was ordered, at the prices of then."""

    model = OrderLineItem
    fields = ("quantity", "name", "price", "menu_item_id")
    verbose_name_plural = "lines"


@admin.register(Order)
class OrderAdmin(OrderPartAdmin):
    """Newest first; a consumer's or restaurant's name in the list leads to their other orders."""

    list_display = ("number", "state_label", "order_total", "consumer", "restaurant", "placed", "rejection_reason")
    list_filter = ("state",)
    ordering = ("-created_at",)
    inlines = (LineItemInline,)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("number", "state_label"),
                    ("order_total", "rejection_reason"),
                    ("refused_change", "refusal_reason"),
                    ("consumer", "restaurant"),
                    ("created_at", "delivery_time"),
                    "goes_to",
                    "sagas",
                    "waits_for",
                )
            },
        ),
    )

    @display(description="state", label=_COLOURS)
    def state_label(self, order: Order) -> str:
        """The state as a coloured badge."""
        return order.state

    @display(description="consumer")
    def consumer(self, order: Order) -> SafeString:
        """Leads to the consumer's orders."""
        return list_link("orders_order", order.consumer_id, consumer_id=order.consumer_id)

    @display(description="restaurant")
    def restaurant(self, order: Order) -> SafeString:
        """Leads to the restaurant's orders."""
        return list_link("orders_order", order.restaurant_name, restaurant_id=order.restaurant_id)

    @display(description="placed")
    def placed(self, order: Order) -> str:
        """Age of the order."""
        return f"{age(order.created_at)} ago"

    @display(description="goes to")
    def goes_to(self, order: Order) -> str:
        """The delivery address on one line."""
        return address_line(order.delivery_address)

    @display(description="waits for")
    def waits_for(self, order: Order) -> str:
        """Why it is still pending, and what can be done."""
        history = find_history(order)
        found = waiting(history) if history else None
        return f"{found.why} {found.what_to_do}" if found else "nothing"

    @display(description="sagas")
    def sagas(self, order: Order) -> SafeString:
        """The histories of the order's sagas."""
        return saga_links("orders", order.pk)


class MenuItemInline(MenuItemReplicaInline):
    """The menu as orders knows it."""

    model = MenuItem
    fields = (*MenuItemReplicaInline.fields, "price")


@admin.register(Restaurant)
class RestaurantAdmin(RestaurantReplicaAdmin):
    """Replicas of restaurants, each with its menu."""

    inlines = (MenuItemInline,)


@admin.register(Consumer)
class ConsumerAdmin(FullNameAdmin):
    """Replicas; the owner is the consumers service."""

    list_display = ("id", "first_name", "last_name")
    ordering = ("-pk",)
