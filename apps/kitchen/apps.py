"""The Django application of the kitchen service."""

from django.apps import AppConfig


class KitchenConfig(AppConfig):
    """The application has the name of the service."""

    name = "apps.kitchen"
    label = "kitchen"
