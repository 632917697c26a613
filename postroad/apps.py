"""The Django application that puts the parts together when a process starts."""

from importlib.util import find_spec

from django.apps import AppConfig
from django.core.checks import register
from django.utils.module_loading import import_string
from typing_extensions import override


class PostroadConfig(AppConfig):
    """Label `postroad`: management commands and system checks."""

    name = "postroad"
    label = "postroad"

    @override
    def ready(self) -> None:
        """Read the handler tables, so that a contradiction in them is found at start (models exist only now)."""
        import_string("postroad.checks.settings.ensure_usable")()
        for check in ("check_settings", "check_variables"):
            register(import_string(f"postroad.checks.settings.{check}"), "postroad")
        for check in ("check_routers", "check_time_zones", "check_sqlite"):
            register(import_string(f"postroad.checks.database.{check}"), "postroad")
        for check in ("check_tables", "check_messages", "check_applications"):
            register(import_string(f"postroad.checks.declarations.{check}"), "postroad")
        if find_spec("prometheus_client") is not None:  # an extra; without it nothing is counted
            import_string("postroad.metrics.calls.install")()
        self.postroad = import_string("postroad.composition.compose_installed")()
