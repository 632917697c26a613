"""The Django application of the service registry."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.core.checks import CheckMessage, register
from typing_extensions import override

from postroad.calls.discovery.conf import DiscoverySettings


def check_deployment(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Report a registry without password; `manage.py check --deploy` prints it."""
    if DiscoverySettings.current().registry_password:
        return []
    found = "POSTROAD_REGISTRY_PASSWORD is empty: anyone who reaches the service registry can receive calls that are meant for others."
    hint = "Set it for the registry and its clients."
    return [checks.Warning(found, hint=hint, id="registry.W001")]


class RegistryConfig(AppConfig):
    """Has no models: a registry that is restarted is filled again by its clients."""

    name = "apps.registry"
    label = "registry"

    @override
    def ready(self) -> None:
        """Register the password check of `manage.py check --deploy`."""
        register(check_deployment, "registry", deploy=True)
