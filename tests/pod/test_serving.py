"""What a web process has loaded before its first request."""

import asyncio
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest
from pytest_django import Settings

from postroad.web.draining import Event, Receive, Send, draining
from tests.faults.deployment import free_port, until
from tests.pod.program import run, running, status

SERVERS = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "BROKER_URL": "amqp://127.0.0.1:1//"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a process has loaded that has made its web application and has seen no request."""

    modules: frozenset[str]
    set_aside: int
    read: int


@lru_cache
def loaded(application: str, service: str) -> Loaded:
    told = f"import gc, sys, {application}; print(gc.get_freeze_count(), len(gc.get_objects()), *sys.modules)"
    done = run("-c", told, service=service, **SERVERS)
    assert done.returncode == 0, done.stderr
    set_aside, read, *modules = done.stdout.split()
    return Loaded(modules=frozenset(modules), set_aside=int(set_aside), read=int(read))


@pytest.mark.parametrize(
    ("application", "service", "views"),
    [("config.wsgi", "orders", "apps.orders.api.v2"), ("config.asgi", "gateway", "apps.gateway.graphql.schema")],
)
def test_its_views_are_loaded(application: str, service: str, views: str) -> None:
    assert views in loaded(application, service).modules


@pytest.mark.parametrize(("application", "service"), [("config.wsgi", "orders"), ("config.asgi", "gateway")])
def test_a_garbage_collection_does_not_read_what_is_loaded(application: str, service: str) -> None:
    assert loaded(application, service).set_aside > 50_000
    assert loaded(application, service).read < 5_000


def test_a_service_of_the_platforms_dns_loads_no_client_of_a_registry() -> None:
    assert "postroad.calls.discovery.registry_client" not in loaded("config.wsgi", "orders").modules


async def hello(_scope: dict[str, Any], _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]})
    await send({"type": "http.response.body", "body": b"hello"})


def test_connections_of_a_draining_gateway_end_with_an_answer(tmp_path: Path, settings: Settings) -> None:
    def headers() -> list[tuple[bytes, bytes]]:
        sent: list[Event] = []

        async def send(event: Event) -> None:
            sent.append(event)

        asyncio.run(draining(hello)({"type": "http"}, AsyncMock(), send))
        return list(sent[0]["headers"])

    settings.POSTROAD = {"BROKER_URL": "memory://", "DRAIN_FILE": str(tmp_path / "draining")}
    before = headers()
    (tmp_path / "draining").touch()

    assert before == [(b"x", b"y")]
    assert headers() == [(b"x", b"y"), (b"connection", b"close")]


@pytest.mark.slow
def test_connections_of_a_draining_service_end_with_an_answer(tmp_path: Path) -> None:
    port, mark = free_port(), tmp_path / "draining"
    command = ("python", "-m", "config.web")
    variables = {**SERVERS, "PORT": str(port), "POSTROAD_DRAIN_FILE": str(mark)}
    with running(tmp_path, command, service="orders", **variables):
        until(lambda: status(port, "/livez") == 200, seconds=60, what="the web process lives")
        client = HTTPConnection("127.0.0.1", port, timeout=5)
        said = []
        for make in (lambda: None, mark.touch):
            make()
            client.request("GET", "/livez")
            answer = client.getresponse()
            answer.read()
            said.append(answer.headers["Connection"])
        client.close()

    assert said == [None, "close"]  # HTTP/1.1 keeps a connection unless it is told
