"""The Django application `postroad`: it builds the `Postroad` object when a process starts."""

import sys
from importlib.util import find_spec
from pathlib import Path

from django.apps import AppConfig
from django.core.checks import register
from django.utils.module_loading import import_string
from typing_extensions import override

from postroad.errors import InvalidSetting

_COMMAND_LINES = ("manage.py", "django-admin", str(Path("django", "__main__.py")))
"""Programs of Django's command line: a person reads their output, and no supervisor restarts them."""


class PostroadConfig(AppConfig):
    """Label `postroad`: management commands and system checks."""

    name = "postroad"
    label = "postroad"

    @override
    def ready(self) -> None:
        """Read the handler tables, so that a contradiction in them is found at start (the models exist now).

        Raises:
            InvalidSetting: A key or value of POSTROAD cannot be used; a command ends with that one line instead.
        """
        try:
            import_string("postroad.checks.settings.ensure_usable")()
        except InvalidSetting as error:
            if "".join(sys.argv[:1]).endswith(_COMMAND_LINES):
                raise SystemExit(f"postroad: {error}") from None
            raise
        for check in ("check_settings", "check_variables"):
            register(import_string(f"postroad.checks.settings.{check}"), "postroad")
        for check in ("check_routers", "check_time_zones", "check_sqlite"):
            register(import_string(f"postroad.checks.database.{check}"), "postroad")
        for check in ("check_tables", "check_messages", "check_applications"):
            register(import_string(f"postroad.checks.declarations.{check}"), "postroad")
        if find_spec("prometheus_client") is not None:  # an extra; without it there are no metrics
            import_string("postroad.metrics.calls.install")()
        self.postroad = import_string("postroad.composition.compose_installed")()
