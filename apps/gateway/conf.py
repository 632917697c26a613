"""The gateway's settings in one table.  Not: how the services are called, which is the setting POSTROAD.

Each is a key of the setting GATEWAY, or GATEWAY_<KEY> in the environment.  Other variables that begin so are none of
ours: Kubernetes makes some (GATEWAY_SERVICE_HOST), and `make demo` reads GATEWAY_URL.
"""

import difflib
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings as django_settings
from django.core.signals import setting_changed

from apps.shared.identity import conf as identity
from postroad.errors import InvalidSetting


class Settings(identity.Settings, frozen=True, kw_only=True):
    """The gateway's settings; the documentation of each key is its line in `LINES`."""

    deadline_seconds: float = 1.0
    forward_seconds: float = 5.0
    body_bytes: int = 1_000_000
    rate_per_second: float = 0.0
    rate_burst: int = 50
    trusted_proxies: int = 0
    cors_origins: str = ""


LINES = {
    "DEADLINE_SECONDS": "time for a composed order, a GraphQL query or a JSON Graph request",
    "FORWARD_SECONDS": "time for a forwarded request",
    "BODY_BYTES": "largest request body; a larger one is answered 413",
    "RATE_PER_SECOND": "requests of one client in a second in the long run; 0: not limited",
    "RATE_BURST": "requests of one client at once",
    "TRUSTED_PROXIES": "proxies before the gateway that append to X-Forwarded-For; 0: the connection's address counts",
    "CORS_ORIGINS": "origins whose pages may call, separated by commas, such as https://shop.example; empty: none",
    **identity.LINES,
}

_LEAST = {"deadline_seconds": 0.001, "forward_seconds": 0.001, "body_bytes": 1, "rate_per_second": 0, "rate_burst": 1}


def problems(values: Mapping[str, Any]) -> list[str]:
    """Return one sentence for each key or value that cannot be used; `manage.py check` prints them."""
    found = [_unknown(key) for key in values if key not in LINES]
    if found:
        return found
    try:
        made = _convert(values)
        keys = identity.api_keys(made.api_keys)
    except InvalidSetting as error:
        return [str(error)]
    found += [
        f"GATEWAY_{name.upper()} is {getattr(made, name)!r}; the minimum is {least} ({LINES[name.upper()]})."
        for name, least in {**_LEAST, "trusted_proxies": 0}.items()
        if not getattr(made, name) >= least
    ]
    if made.auth == "api_key" and not keys:
        found.append("GATEWAY_AUTH is 'api_key' and GATEWAY_API_KEYS is empty: nobody could call; add a key.")
    return found + identity.missing(made)


def given() -> dict[str, Any]:
    """Return what the settings file and the environment say, unchecked."""
    values = dict(getattr(django_settings, "GATEWAY", {}))
    values.update({key: os.environ[f"GATEWAY_{key}"] for key in LINES if f"GATEWAY_{key}" in os.environ})
    return values


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings in force.

    Raises:
        InvalidSetting: A key is unknown or a value cannot be used; the text has the way out.
    """
    values = given()
    wrong = problems(values)
    if wrong:
        raise InvalidSetting(" ".join(wrong))
    return _convert(values)


def _convert(values: Mapping[str, Any]) -> Settings:
    return identity.convert(values, Settings, LINES)


def _unknown(key: str) -> str:
    near = difflib.get_close_matches(key.upper(), LINES, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(sorted(LINES))}."
    return f"GATEWAY has the key {key!r}, which does not exist; {hint}"


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "GATEWAY":
        settings.cache_clear()


setting_changed.connect(_forget, dispatch_uid="apps.gateway.conf")
