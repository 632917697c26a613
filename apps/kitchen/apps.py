"""The Django application of the kitchen service."""

from django.apps import AppConfig


class KitchenConfig(AppConfig):
    """Named after the service."""

    name = "apps.kitchen"
    label = "kitchen"
