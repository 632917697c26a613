"""The Django application of the consumers service."""

from django.apps import AppConfig


class ConsumersConfig(AppConfig):
    """The application has the name of the service."""

    name = "apps.consumers"
    label = "consumers"
