"""The history of orders in the admin."""

from django.contrib import admin
from django.utils.safestring import SafeString

from apps.order_history.domain import OrderStatus
from apps.order_history.models import OrderView
from apps.shared.admin import OrderPartAdmin
from postroad.console.render import age, list_link
from postroad.console.theme import display

_COLOURS = {
    OrderStatus.APPROVAL_PENDING.value: "info",
    OrderStatus.APPROVED.value: "success",
    OrderStatus.REJECTED.value: "danger",
    OrderStatus.CANCEL_PENDING.value: "warning",
    OrderStatus.CANCELLED.value: "primary",
    OrderStatus.REVISION_PENDING.value: "warning",
}


@admin.register(OrderView)
class OrderViewAdmin(OrderPartAdmin):
    """Newest first; stubs, whose order event has not arrived yet, come first on PostgreSQL and last on SQLite."""

    list_display = (
        "number",
        "status_label",
        "ticket_state",
        "delivery_state",
        "order_total",
        "consumer",
        "restaurant_name",
        "placed",
    )
    list_filter = ("status",)
    ordering = ("-creation_time",)

    @display(description="status", label=_COLOURS)
    def status_label(self, order: OrderView) -> str:
        """The state as a coloured badge; a stub has none."""
        return order.status

    @display(description="consumer")
    def consumer(self, order: OrderView) -> SafeString | str:
        """Leads to the consumer's orders."""
        if order.consumer_id is None:
            return "-"
        return list_link("order_history_orderview", order.consumer_id, consumer_id=order.consumer_id)

    @display(description="placed")
    def placed(self, order: OrderView) -> str:
        """Age of the order."""
        return "-" if order.creation_time is None else f"{age(order.creation_time)} ago"
