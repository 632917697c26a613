"""What `manage.py check --deploy` says of who may call, and how the demo shows who it is."""

import io
import urllib.error
import urllib.request
from email.message import Message
from typing import Any

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from apps.tour.addresses import behind_one
from apps.tour.client import DemoFailed

KEY = "office:0123456789abcdef:staff"
OIDC = {"AUTH": "oidc", "OIDC_ISSUER": "a", "OIDC_AUDIENCE": "b", "OIDC_JWKS_URL": "https://issuer.example/keys"}


def found() -> list[str]:
    """Return the ids of what is found on deployment."""
    return [str(each.id) for each in run_checks(tags=["identity"], include_deployment_checks=True)]


@pytest.mark.parametrize(
    ("gateway", "ids"),
    [
        ({}, ["identity.W001"]),
        ({"AUTH": "none"}, ["identity.W001"]),
        ({"AUTH": "api_key", "API_KEYS": KEY}, []),
        (OIDC, []),
        ({"AUTH": "oidc"}, ["identity.E001"]),
    ],
)
def test_a_process_that_asks_nobody_is_warned_of(settings: Settings, gateway: dict[str, Any], ids: list[str]) -> None:
    settings.GATEWAY = gateway

    assert found() == ids


def test_outside_deployment_there_is_no_warning(settings: Settings) -> None:
    settings.GATEWAY = {}

    assert run_checks(tags=["identity"]) == []


class Recorded:
    """Takes the place of the network: notes the headers, and answers with a status."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.headers: list[dict[str, str]] = []

    def __call__(self, request: urllib.request.Request, timeout: float) -> io.BytesIO:
        self.headers.append({name.lower(): value for name, value in request.header_items()})
        if self.status >= 400:
            raise urllib.error.HTTPError(request.full_url, self.status, "no", Message(), None)
        return io.BytesIO(b"{}")


@pytest.mark.parametrize(
    ("variable", "value", "header", "sent"),
    [("DEMO_API_KEY", "k", "x-api-key", "k"), ("DEMO_TOKEN", "t", "authorization", "Bearer t")],
)
def test_the_demo_shows_who_it_is(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, header: str, sent: str
) -> None:
    network = Recorded(200)
    monkeypatch.setattr(urllib.request, "urlopen", network)
    monkeypatch.setenv(variable, value)

    behind_one("http://host").get("orders", "/v1/orders/1")

    assert network.headers[0][header] == sent


@pytest.mark.parametrize("status", [401, 403])
def test_a_demo_that_nobody_lets_in_says_what_to_set(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setattr(urllib.request, "urlopen", Recorded(status))

    with pytest.raises(DemoFailed, match="DEMO_API_KEY"):
        behind_one("http://host").get("orders", "/v1/orders/1")
