"""The Django application of the delivery service."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Named after the service."""

    name = "apps.delivery"
    label = "delivery"
