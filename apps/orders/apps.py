"""The Django application of the orders service."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """The application has the name of the service."""

    name = "apps.orders"
    label = "orders"
