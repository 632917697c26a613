"""The gateway's settings.  See also: the setting POSTROAD, which configures the calls to services.

Each is a key of the setting GATEWAY, or GATEWAY_<KEY> in the environment.  Other variables with this prefix are ignored:
Kubernetes sets some (GATEWAY_SERVICE_HOST), and `make demo` reads GATEWAY_URL.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from typing_extensions import override

from apps.shared.identity import conf as identity
from postroad import conf
from postroad.conf import key


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(identity.Settings):
    """Each attribute is a key of GATEWAY in lower case."""

    deadline_seconds: float = key(
        1.0, "time for a composed order, a GraphQL query or a JSON Graph request", minimum=0.001
    )
    forward_seconds: float = key(5.0, "time for a forwarded request", minimum=0.001)
    body_bytes: int = key(1_000_000, "largest request body; a larger one is answered 413", minimum=1)
    rate_per_second: float = key(0.0, "requests of one client in a second in the long run; 0: not limited", minimum=0)
    rate_burst: int = key(50, "requests of one client at once", minimum=1)
    trusted_proxies: int = key(
        0,
        "proxies before the gateway that append to X-Forwarded-For; 0: the connection's address counts",
        minimum=0,
    )
    cors_origins: str = key(
        "", "origins whose pages may call, separated by commas, such as https://shop.example; empty: none"
    )

    @override
    def contradictions(self) -> list[str]:
        found = identity.contradictions_of(self)
        if not found and self.auth == "api_key" and not identity.api_keys(self.api_keys):
            found = ["GATEWAY_AUTH is 'api_key' and GATEWAY_API_KEYS is empty: nobody could call; add a key."]
        return found


def problems(values: Mapping[str, Any]) -> list[str]:
    """Return one sentence for each key or value that cannot be used; `manage.py check` prints them."""
    return conf.unknown(Settings.setting, values, Settings.keys()) or Settings.problems(values)


def given() -> dict[str, Any]:
    """Return the values of the settings file and the environment, unchecked."""
    return conf.given(Settings.setting, Settings.keys())


def settings() -> Settings:
    """Return the settings in force.

    Raises:
        InvalidSetting: A value cannot be used; the text says what to do.
    """
    return Settings.current()
