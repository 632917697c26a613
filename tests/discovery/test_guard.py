"""Who may use the registry, and how much it keeps and a client reads."""

import base64
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from django.core.checks import run_checks
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from apps.registry.bounds import Bounds
from apps.registry.store import Registry
from postroad.calls.discovery.eureka.writer import write_instance
from postroad.calls.discovery.registration import Registration
from postroad.calls.discovery.registry_client import RegistryClient
from postroad.errors import InstanceTooLarge, RegistryFull, ServiceUnavailable
from tests.support.registry import ON_ANY_MACHINE, HandClock, Line, instance

PASSWORD = "p@ss/w:örd"  # noqa: S105 - only for these tests
QUOTED = "p%40ss%2Fw%3A%C3%B6rd"


def basic(text: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(text.encode()).decode()}


@pytest.fixture
def guarded(served: list[Registry], settings: Settings) -> None:
    settings.POSTROAD = {**settings.POSTROAD, "REGISTRY_PASSWORD": PASSWORD}


ROUTES = [
    ("get", "/eureka/apps"),
    ("get", "/eureka/v2/apps/"),
    ("get", "/eureka/apps/delta"),
    ("get", "/eureka/apps/KITCHEN"),
    ("post", "/eureka/apps/KITCHEN"),
    ("get", "/eureka/apps/KITCHEN/kitchen-1"),
    ("put", "/eureka/apps/KITCHEN/kitchen-1"),
    ("delete", "/eureka/apps/KITCHEN/kitchen-1"),
    ("put", "/eureka/apps/KITCHEN/kitchen-1/status?value=DOWN"),
    ("delete", "/eureka/apps/KITCHEN/kitchen-1/status"),
    ("put", "/eureka/apps/KITCHEN/kitchen-1/metadata?a=b"),
    ("get", "/eureka/instances/kitchen-1"),
    ("get", "/eureka/vips/kitchen"),
    ("get", "/eureka/svips/kitchen"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("registry:wrong"),
        basic(f"{PASSWORD}:"),
        basic(PASSWORD),
        {"authorization": f"Bearer {PASSWORD}"},
        {"authorization": "Basic %%%"},
        {"authorization": "Basic é"},
        {"authorization": "Basic"},
    ],
)
def test_without_the_password_nothing_is_told_and_nothing_changes(
    client: Client, guarded: None, store: Registry, method: str, path: str, headers: dict[str, str]
) -> None:
    store.register(instance())

    answer = getattr(client, method)(path, headers=headers)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Basic realm="service registry"'
    assert b"kitchen" not in answer.content
    assert [(one.id, one.metadata) for one in store.everything().instances] == [("kitchen-1", {})]


@pytest.mark.parametrize("name", ["registry", "eureka", ""])
def test_with_the_password_everybody_may(client: Client, guarded: None, store: Registry, name: str) -> None:
    store.register(instance())

    assert client.get("/eureka/apps/KITCHEN", headers=basic(f"{name}:{PASSWORD}")).status_code == 200


def test_without_a_password_nobody_is_asked(client: Client, served: list[Registry]) -> None:
    assert client.get("/eureka/apps").status_code == 200


@pytest.fixture
def made(line: Line) -> Iterator[list[RegistryClient]]:
    clients: list[RegistryClient] = []
    yield clients
    for each in clients:
        each.close()


@pytest.mark.parametrize(
    ("url", "password"),
    [
        (f"http://registry:{QUOTED}@localhost/eureka", ""),
        (f"http://:{QUOTED}@localhost/eureka", ""),
        (f"http://registry:{QUOTED}@localhost/eureka", "another"),
        ("http://localhost/eureka", PASSWORD),
    ],
)
def test_our_client_sends_the_password_of_its_url_or_of_its_setting(
    guarded: None, line: Line, made: list[RegistryClient], url: str, password: str
) -> None:
    made.append(RegistryClient([url], password=password, transport=line))

    made[0].register(instance())

    assert made[0].renew(instance())
    assert [one.id for one in made[0].everything().instances] == ["kitchen-1"]


def test_a_client_without_password_says_what_is_missing(guarded: None, line: Line, made: list[RegistryClient]) -> None:
    made.append(RegistryClient(["http://localhost/eureka"], transport=line))

    with pytest.raises(ServiceUnavailable, match="POSTROAD_REGISTRY_PASSWORD"):
        made[0].everything()


SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="%"), max_size=20).map(
    "Zq9".__add__
)


@ON_ANY_MACHINE
@given(secret=SECRETS, status=st.sampled_from([200, 401, 404, 500]))
def test_no_error_shows_the_password(secret: str, status: int) -> None:
    from_url = RegistryClient(
        [f"http://registry:{quote(secret, safe='')}@host/eureka"],
        transport=httpx.MockTransport(lambda _: httpx.Response(status, text="no document")),
    )
    away = RegistryClient(["http://host/eureka"], password=secret, transport=httpx.MockTransport(_unreachable))

    texts = [_failure(from_url), _failure(away)]

    assert [secret in text for text in texts] == [False, False]
    assert all(len(text) > 20 for text in texts)


def _failure(client: RegistryClient) -> str:
    with pytest.raises(ServiceUnavailable) as failed:
        client.everything()
    return str(failed.value)


def _unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError(f"nobody at {request.url}", request=request)


def test_a_registration_that_is_refused_logs_no_password(
    guarded: None, line: Line, made: list[RegistryClient], caplog: pytest.LogCaptureFixture
) -> None:
    made.append(RegistryClient(["http://registry:not-the-one@localhost/eureka"], transport=line))

    with caplog.at_level(logging.WARNING):
        Registration(made[0], instance()).beat()

    assert "401" in str(caplog.records[0].__dict__["error"])
    assert "not-the-one" not in str([record.__dict__ for record in caplog.records])


@pytest.fixture
def small(clock: HandClock) -> Registry:
    return Registry(clock=clock, bounds=Bounds(instances=3, app_instances=2, instance_bytes=2000))


def test_an_application_has_so_many_instances_and_no_more(small: Registry) -> None:
    small.register(instance(number=1))
    small.register(instance(number=2))

    with pytest.raises(RegistryFull, match=r"KITCHEN has 2 instances.*REGISTRY_APP_INSTANCES"):
        small.register(instance(number=3))
    small.register(instance(number=2))
    small.register(instance("orders"))

    assert sorted(one.id for one in small.everything().instances) == ["kitchen-1", "kitchen-2", "orders-1"]


def test_all_applications_together_have_so_many_and_no_more(small: Registry) -> None:
    small.register(instance("orders"))
    small.register(instance("consumers"))
    small.register(instance("delivery"))

    with pytest.raises(RegistryFull, match=r"3 instances.*REGISTRY_INSTANCES"):
        small.register(instance())
    small.cancel("ORDERS", "orders-1")
    small.register(instance())

    assert len(small.everything().instances) == 3


def test_an_instance_says_so_much_of_itself_and_no_more(small: Registry) -> None:
    small.register(instance(metadata={"zone": "a"}))

    with pytest.raises(InstanceTooLarge, match=r"the limit is 2000 .REGISTRY_INSTANCE_BYTES"):
        small.register(instance(metadata={"zone": "b" * 2000}))
    with pytest.raises(InstanceTooLarge):
        small.set_metadata("KITCHEN", "kitchen-1", {"more": "b" * 2000})

    assert [one.metadata for one in small.everything().instances] == [{"zone": "a"}]


def test_instances_that_come_and_go_leave_no_more_than_the_bound(small: Registry) -> None:
    names = [f"app{number}" for number in range(50)]

    ended = [(small.register(instance(name)), small.cancel(name, f"{name}-1")) for name in names]

    assert len(ended) == 50
    assert [one.app for one in small.changed().instances] == ["APP47", "APP48", "APP49"]


@pytest.mark.parametrize(
    ("metadata", "known", "status", "words"),
    [({"a": "b" * 3000}, 0, 413, b"REGISTRY_INSTANCE_BYTES"), ({}, 3, 507, b"REGISTRY_INSTANCES")],
)
def test_what_the_registry_does_not_take_is_told_with_the_bound(
    client: Client, served: list[Registry], small: Registry, metadata: Any, known: int, status: int, words: bytes
) -> None:
    served[0] = small
    registered = [small.register(instance(f"app{number}")) for number in range(known)]
    body = json.dumps(write_instance(instance(metadata=metadata)))

    answer = client.post("/eureka/apps/KITCHEN", body, content_type="application/json")

    assert answer.status_code == status
    assert words in answer.content
    assert len(small.everything().instances) == len(registered)


def test_a_client_reads_no_more_than_its_bound() -> None:
    read = []

    def endless() -> Iterator[bytes]:
        for _ in range(10_000):
            read.append(1)
            yield b"x" * 1000

    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=endless()))
    client = RegistryClient(["http://host/eureka"], answer_bytes=5000, transport=transport)

    with pytest.raises(ServiceUnavailable, match="longer than 5000 bytes"):
        client.everything()
    assert len(read) <= 7


def test_a_client_unpacks_nothing() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers={"content-encoding": "gzip"}, content=b""))

    with pytest.raises(ServiceUnavailable, match="compressed"):
        RegistryClient(["http://host/eureka"], transport=transport).everything()


def test_a_deployment_whose_registry_asks_nobody_is_warned(settings: Settings) -> None:
    before = [found.id for found in run_checks(tags=["registry"], include_deployment_checks=True)]
    settings.POSTROAD = {**settings.POSTROAD, "REGISTRY_PASSWORD": PASSWORD}
    after = run_checks(tags=["registry"], include_deployment_checks=True)

    assert before == ["registry.W001"]
    assert after == []
