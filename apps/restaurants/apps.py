"""The Django application of the restaurants service."""

from django.apps import AppConfig


class RestaurantsConfig(AppConfig):
    """The application has the name of the service."""

    name = "apps.restaurants"
    label = "restaurants"
