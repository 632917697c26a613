"""The Django application of the admin pages."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Label `postroad_console`."""

    name = "postroad.console"
    label = "postroad_console"
