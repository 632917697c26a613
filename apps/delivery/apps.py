"""The Django application of the delivery service."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """The application has the name of the service."""

    name = "apps.delivery"
    label = "delivery"
