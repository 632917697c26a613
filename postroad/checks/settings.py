"""What `manage.py check` says about Postroad.  Not: checks at run time."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error

from postroad import conf
from postroad.brokers.registry import broker_for
from postroad.errors import InvalidSetting, UnknownBroker


def check_settings(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Report every key and value of POSTROAD that cannot be used."""
    found: list[CheckMessage] = [Error(problem, id="postroad.E001") for problem in conf.problems(conf.given())]
    if found:
        return found
    try:
        broker = broker_for(conf.settings().broker_url)
    except (UnknownBroker, InvalidSetting) as error:
        return [Error(str(error), id="postroad.E002")]
    broker.close()
    return found
