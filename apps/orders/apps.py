"""The Django application of the orders service."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Named after the service."""

    name = "apps.orders"
    label = "orders"
