"""Deliveries, couriers and the replica of pick-up addresses in the admin."""

from django.contrib import admin
from django.utils.safestring import SafeString

from apps.delivery.domain import DeliveryState
from apps.delivery.models import Courier, Delivery, Restaurant
from apps.shared.admin import NumberedAdmin, OrderPartAdmin
from apps.shared.replicas.admin import RestaurantReplicaAdmin
from apps.shared.values import address_line
from postroad.console.render import age, list_link
from postroad.console.theme import display

_COLOURS = {
    DeliveryState.PENDING.value: "warning",
    DeliveryState.SCHEDULED.value: "info",
    DeliveryState.DELIVERED.value: "success",
    DeliveryState.CANCELLED.value: "danger",
}


@admin.register(Delivery)
class DeliveryAdmin(OrderPartAdmin):
    """Newest first; a courier in the list leads to their other deliveries."""

    list_display = ("number", "state_label", "carrier", "ready_by", "dropoff_time", "made")
    list_filter = ("state",)
    ordering = ("-created_at",)
    fields = (
        ("number", "state_label"),
        ("restaurant_id", "carrier"),
        "destination",
        ("ready_by", "dropoff_time"),
        ("picked_up_at", "delivered_at"),
        "created_at",
    )

    @display(description="state", label=_COLOURS)
    def state_label(self, delivery: Delivery) -> str:
        """The state as a coloured badge."""
        return delivery.state

    @display(description="courier")
    def carrier(self, delivery: Delivery) -> SafeString | str:
        """Leads to the courier's deliveries."""
        if delivery.courier_id is None:
            return "-"
        return list_link("delivery_delivery", delivery.courier_id, courier_id=delivery.courier_id)

    @display(description="destination")
    def destination(self, delivery: Delivery) -> str:
        """The address on one line; a stub has none."""
        return _on_one_line(delivery.dropoff_address or {})

    @display(description="made")
    def made(self, delivery: Delivery) -> str:
        """Age of the delivery."""
        return f"{age(delivery.created_at)} ago"


@admin.register(Courier)
class CourierAdmin(NumberedAdmin):
    """The load in the list leads to the courier's deliveries."""

    list_display = ("id", "available", "deliveries")
    list_filter = ("available",)
    ordering = ("-pk",)
    fields = ("id", "available", "deliveries")

    @display(description="open deliveries")
    def deliveries(self, courier: Courier) -> SafeString:
        """Leads to all of them."""
        return list_link("delivery_delivery", courier.load, courier_id=courier.pk)


@admin.register(Restaurant)
class RestaurantAdmin(RestaurantReplicaAdmin):
    """Replicas of restaurants, each with its address."""

    list_display = ("id", "name", "place")
    fields = ("id", "name", "place")

    @display(description="address")
    def place(self, restaurant: Restaurant) -> str:
        """The address on one line."""
        return _on_one_line(restaurant.address)


def _on_one_line(address: dict[str, str]) -> str:
    return address_line(address) or "-"
