"""The gateway's settings: what cannot be used is named, what can be is documented."""

from typing import Any

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings as DjangoSettings

from apps.gateway import limits
from apps.gateway.conf import Settings, problems

SHOP = "s" * 16


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"RATE_PER_SECONDS": 1}, "did you mean 'RATE_PER_SECOND'?"),
        ({"RATE_PER_SECOND": "fast"}, "GATEWAY['RATE_PER_SECOND'] is 'fast'"),
        ({"RATE_PER_SECOND": -1}, "the minimum is 0"),
        ({"RATE_PER_SECOND": float("nan")}, "the minimum is 0"),
        ({"BODY_BYTES": 0}, "the minimum is 1"),
        ({"TRUSTED_PROXIES": -1}, "the minimum is 0"),
        ({"AUTH": "basic"}, "GATEWAY['AUTH'] is 'basic'"),
        ({"AUTH": "api_key"}, "GATEWAY_API_KEYS is empty"),
        ({"AUTH": "oidc", "OIDC_ISSUER": "x"}, "set also: GATEWAY_OIDC_AUDIENCE, GATEWAY_OIDC_JWKS_URL"),
        ({"API_KEYS": f"a:{SHOP}:x b:short:x"}, "entry 2 cannot be used"),
        ({"API_KEYS": 5}, "GATEWAY['API_KEYS'] is …; it must be text"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_the_way_out(values: dict[str, Any], words: str) -> None:
    found = problems(values)

    assert len(found) == 1
    assert words in found[0]
    assert SHOP not in found[0]


def test_settings_from_the_environment_count(monkeypatch: pytest.MonkeyPatch, settings: DjangoSettings) -> None:
    monkeypatch.setenv("GATEWAY_BODY_BYTES", "7")
    monkeypatch.setenv("GATEWAY_SERVICE_HOST", "10.0.0.1")  # Kubernetes sets such for a Service named gateway
    settings.GATEWAY = {"BODY_BYTES": 9}

    assert limits.settings().body_bytes == 7


@pytest.mark.parametrize("key", Settings.keys())
def test_every_setting_is_documented_with_its_line(key: str) -> None:
    page = (django_settings.BASE_DIR / "docs/how-to/use-the-gateway.md").read_text()

    assert f"| `GATEWAY_{key}` |" in page
    assert f"| {Settings.keys()[key].metadata['line']} |" in page
