"""System checks of the settings; every process refuses to start with settings that cannot be used."""

import os
import re
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name for it

from postroad.brokers.registry import broker_for
from postroad.calls.conf import CallSettings
from postroad.calls.discovery.conf import RegistrySettings
from postroad.calls.grpc.conf import GrpcSettings
from postroad.conf import Section, given, nearest, unknown
from postroad.errors import InvalidSetting, UnknownBroker
from postroad.messaging.conf import MessagingSettings
from postroad.metrics.conf import MetricsSettings
from postroad.operations.conf import OperationsSettings
from postroad.processes.conf import ProcessSettings
from postroad.sagas.conf import SagaSettings
from postroad.schema.conf import SchemaSettings
from postroad.web.conf import WebSettings
from postroad.worker.conf import WorkerSettings

SECTIONS: tuple[type[Section], ...] = (
    MessagingSettings,
    SagaSettings,
    WorkerSettings,
    ProcessSettings,
    CallSettings,
    RegistrySettings,
    GrpcSettings,
    WebSettings,
    MetricsSettings,
    SchemaSettings,
    OperationsSettings,
)
"""Every section of POSTROAD; a test finds one that is not listed."""

KEYS = {name: entry for section in SECTIONS for name, entry in section.keys().items()}

_PREFIX = "POSTROAD_"
_OTHERS = frozenset({"POSTROAD_VERSION", "POSTROAD_UP", "POSTROAD_SERVERS_HOME"})
"""Environment variables of Postroad's scripts, chart and tests."""

_OF_COMPOSE = re.compile(r"(POSTGRESQL|RABBITMQ)_\w+")
"""Environment variables of compose.yaml."""

_OF_KUBERNETES = re.compile(r"(\w+_)?(SERVICE_(HOST|PORT)\w*|PORT_\d+_(TCP|UDP)\w*)")
_LINK = re.compile(r"(tcp|udp)://")
"""Variables that Kubernetes sets for each Service whose name begins with postroad, and the form of `<NAME>_PORT`."""


def problems(values: dict[str, Any]) -> list[str]:
    """Return one sentence for each key or value of POSTROAD that cannot be used."""
    wrong = [problem for section in SECTIONS for problem in section.problems(values)]
    return unknown("POSTROAD", values, KEYS) + list(dict.fromkeys(wrong))


def ensure_usable() -> None:
    """Refuse to start with settings that cannot be used.

    Raises:
        InvalidSetting: The text has every such key and value, and the way out.
    """
    if wrong := problems(given("POSTROAD", KEYS)):
        raise InvalidSetting(" ".join(wrong))


def check_settings(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Report every key and value of POSTROAD that cannot be used."""
    found: list[CheckMessage] = [Error(problem, id="postroad.E001") for problem in problems(given("POSTROAD", KEYS))]
    if found:
        return found
    broker_url = MessagingSettings.current().broker_url
    try:
        broker = broker_for(broker_url)
    except (UnknownBroker, InvalidSetting) as error:
        return [Error(str(error), id="postroad.E002")]
    broker.close()
    return found


def check_variables(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Report environment variables that begin with POSTROAD_ but name no key, so that they have no effect."""
    return [
        Warning(
            f"the environment variable {name} is set, but there is no such key of POSTROAD: it has no effect.",
            hint=_way_out(name.removeprefix(_PREFIX)),
            id="postroad.W016",
        )
        for name in sorted(os.environ)
        if name.startswith(_PREFIX)
        and name not in _OTHERS
        and _is_unknown(name.removeprefix(_PREFIX), os.environ[name])
    ]


def _is_unknown(name: str, value: str) -> bool:
    is_of_others = _OF_COMPOSE.fullmatch(name) or _OF_KUBERNETES.fullmatch(name) or _LINK.match(value)
    return name not in KEYS and not is_of_others


def _way_out(name: str) -> str:
    near = nearest(name, KEYS)
    return f"Did you mean {_PREFIX}{near}?" if near else "Unset it."
