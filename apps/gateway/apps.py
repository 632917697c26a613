"""The Django application of the gateway."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register
from typing_extensions import override

from apps.gateway import conf


def check_settings(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Report every key and value of GATEWAY that cannot be used."""
    return [Error(problem, id="gateway.E001") for problem in conf.problems(conf.given())]


class GatewayConfig(AppConfig):
    """Named after the service; it has no models."""

    name = "apps.gateway"
    label = "gateway"

    @override
    def ready(self) -> None:
        """Register the settings check of `manage.py check`."""
        register(check_settings, "gateway")
