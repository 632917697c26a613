"""The Django application of the order history service."""

from django.apps import AppConfig


class OrderHistoryConfig(AppConfig):
    """The application has the name of the service."""

    name = "apps.order_history"
    label = "order_history"
    verbose_name = "Order history"
