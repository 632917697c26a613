"""The Django application of the restaurants service."""

from django.apps import AppConfig


class RestaurantsConfig(AppConfig):
    """Named after the service."""

    name = "apps.restaurants"
    label = "restaurants"
