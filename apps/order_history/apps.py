"""The Django application of the order history service."""

from django.apps import AppConfig


class OrderHistoryConfig(AppConfig):
    """Named after the service."""

    name = "apps.order_history"
    label = "order_history"
    verbose_name = "Order history"
