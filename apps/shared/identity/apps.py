"""The Django application of authentication: it has no models, only checks."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.core.checks import CheckMessage, Error, register
from typing_extensions import override

from apps.shared.identity import conf


def check_settings(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Report the settings of GATEWAY about callers that cannot be used."""
    return [Error(problem, id="identity.E001") for problem in conf.problems()]


def check_deployment(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Report that callers are not authenticated; `manage.py check --deploy` prints it."""
    if conf.problems() or conf.settings().auth != "none":
        return []
    found = "GATEWAY_AUTH is 'none': anyone who reaches this process can read and change all orders."
    hint = "Set GATEWAY_AUTH=oidc or api_key for the gateway and for all services; docs/how-to/use-the-gateway.md."
    return [checks.Warning(found, hint=hint, id="identity.W001")]


class IdentityConfig(AppConfig):
    """Part of every process but the registry's."""

    name = "apps.shared.identity"
    label = "identity"

    @override
    def ready(self) -> None:
        """Register the settings check of `manage.py check`."""
        register(check_settings, "identity")
        register(check_deployment, "identity", deploy=True)
