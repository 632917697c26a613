"""Every endpoint of a process that has the gateway's asks who calls, once GATEWAY_AUTH is set."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from django.test import AsyncClient, Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings as DjangoSettings

from apps.gateway.guard import GuardMiddleware
from apps.shared.identity import conf as identity
from apps.shared.identity.caller import Caller
from apps.shared.identity.tokens import signed
from postroad.calls import deadline
from postroad.calls.transport import Outgoing
from postroad.calls.transports.local import LocalTransport, environment

pytestmark = pytest.mark.django_db(transaction=True)

SHOP = "0123456789abcdef"
GUARDED = {"AUTH": "api_key", "API_KEYS": f"shop:{SHOP}:consumer office:{SHOP}staff:staff"}
OPEN = ("/livez", "/readyz", "/static/", "/admin/")


def endpoints(patterns: Any, prefix: str = "/") -> Iterator[str]:
    """A sample of every address of the project."""
    for each in patterns:
        route = sample(str(each.pattern))
        if isinstance(each, URLResolver):
            yield from endpoints(each.url_patterns, prefix + route)
        elif isinstance(each, URLPattern):
            yield prefix + route


def sample(route: str) -> str:
    if route.startswith("^v[12]/"):
        return "v1/orders/7"
    route = re.sub(r"<(id|int):\w+>", "7", route)
    return re.sub(r"<[\w:]+>", "x", route)


ALL = sorted({endpoint for endpoint in endpoints(get_resolver().url_patterns) if not endpoint.startswith(OPEN)})


def test_the_doors_of_all_services_are_known() -> None:
    assert {"/orders/v1/orders/7", "/kitchen/docs/", "/eureka/apps", "/tour/status.json", "/", "/metrics"} <= set(ALL)
    assert len(ALL) > 60


@pytest.mark.parametrize("endpoint", ALL)
def test_nobody_passes_a_door_without_saying_who_they_are(
    client: Client, settings: DjangoSettings, endpoint: str
) -> None:
    settings.GATEWAY = GUARDED

    answer = client.get(endpoint)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'ApiKey realm="postroad"'


@pytest.mark.parametrize("endpoint", ["/livez", "/readyz", "/static/tour/icon.svg", "/admin/login/"])
def test_probes_static_files_and_the_admins_login_are_open(
    client: Client, settings: DjangoSettings, endpoint: str
) -> None:
    settings.GATEWAY = GUARDED

    answer = client.get(endpoint)
    answer.close()

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("key", "method", "endpoint", "status"),
    [
        (SHOP, "GET", "/orders/v1/orders/7", 404),
        (SHOP, "GET", "/orders/orders/7", 404),
        (SHOP, "GET", "/accounting/v2/accounts/7", 403),
        (SHOP, "POST", "/kitchen/tickets/7/accept", 403),
        (SHOP, "GET", "/orders/openapi.json", 200),
        (SHOP, "GET", "/metrics", 200),
        (f"{SHOP}staff", "GET", "/accounting/v2/accounts/7", 404),
    ],
)
def test_roles_count_at_every_door(
    client: Client, settings: DjangoSettings, key: str, method: str, endpoint: str, status: int
) -> None:
    settings.GATEWAY = GUARDED

    assert client.generic(method, endpoint, headers={"x-api-key": key}).status_code == status


def test_a_caller_is_bounded_at_every_door(client: Client, settings: DjangoSettings) -> None:
    settings.GATEWAY = {**GUARDED, "RATE_PER_SECOND": 0.001, "RATE_BURST": 2}

    statuses = [client.get("/orders/v1/orders/7", headers={"x-api-key": SHOP}).status_code for _ in range(3)]

    assert statuses == [404, 404, 429]


@pytest.mark.parametrize("endpoint", ["/metrics", "/orders/openapi.json", "/v1/orders/7", "/gateway/docs/"])
def test_an_asynchronous_gateway_has_the_same_guard(settings: DjangoSettings, endpoint: str) -> None:
    settings.GATEWAY = GUARDED
    settings.MIDDLEWARE = ["apps.gateway.guard.GuardMiddleware", "postroad.web.probes.ProbeMiddleware"]

    async def ask() -> int:
        return int((await AsyncClient().get(endpoint)).status_code)

    assert asyncio.run(ask()) == 401


@pytest.mark.parametrize("endpoint", ["/metrics", "/orders/openapi.json"])
def test_without_authentication_every_door_is_open(client: Client, endpoint: str) -> None:
    assert client.get(endpoint).status_code == 200


def test_the_guard_comes_first(settings: DjangoSettings) -> None:
    assert settings.MIDDLEWARE[0] == f"{GuardMiddleware.__module__}.{GuardMiddleware.__qualname__}"


@pytest.mark.parametrize("milliseconds", ["0", "-5", "1"])
@pytest.mark.parametrize("endpoint", ["/orders/v1/orders/7", "/v1/orders/7", "/graphql?query={__typename}", "/livez"])
def test_a_clients_deadline_shortens_nothing(
    client: Client, caplog: pytest.LogCaptureFixture, endpoint: str, milliseconds: str
) -> None:
    usual = client.get(endpoint).status_code
    caplog.clear()

    answer = client.get(endpoint, headers={deadline.HEADER: milliseconds})

    assert answer.status_code == usual != 504
    assert caplog.records == []


def test_a_call_of_the_process_itself_keeps_its_deadline_and_passes_the_guard(settings: DjangoSettings) -> None:
    settings.GATEWAY = GUARDED
    token = signed(Caller(name="office", roles=frozenset({"staff"})), identity.settings())
    headers = {"authorization": f"Bearer {token}"}  # the guard lets the call pass, the service asks who asked for it
    outgoing = Outgoing(service="orders", call="orders.order", target="/v1/orders/7", headers=headers)

    in_time = LocalTransport(get_wsgi_application()).send(outgoing, 5.0)
    too_late = LocalTransport(get_wsgi_application())._call(environment(outgoing, 0.0))

    assert (in_time.status, too_late.status) == (404, 504)
