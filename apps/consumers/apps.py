"""The Django application of the consumers service."""

from django.apps import AppConfig


class ConsumersConfig(AppConfig):
    """Named after the service."""

    name = "apps.consumers"
    label = "consumers"
