"""The Django application of the tour."""

from django.apps import AppConfig


class TourConfig(AppConfig):
    """Label `tour`; no models."""

    name = "apps.tour"
    label = "tour"
