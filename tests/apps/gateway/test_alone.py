"""The gateway as a process of its own: ASGI, no database, no broker."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings as DjangoSettings

from apps.gateway.bounded import bounded

ALONE = """
import asyncio, json
from config.asgi import application

async def get(path):
    sent, asked = [], asyncio.Event()
    async def receive():
        if asked.is_set():
            await asyncio.Event().wait()
        asked.set()
        return {"type": "http.request", "body": b"", "more_body": False}
    async def send(event):
        sent.append(event)
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [(b"host", b"localhost")]}
    await application(scope, receive, send)
    return sent[0]["status"]

paths = ["/livez", "/readyz", "/openapi.json", "/docs/", "/graphql", "/v1/orders/1", "/v1/nowhere", "/admin/", "/orders/docs/", "/orders/openapi.json", "/nobody/docs/"]
print(json.dumps({path: asyncio.run(get(path)) for path in paths}))
"""


@pytest.mark.slow
def test_it_needs_no_database_and_no_broker_and_serves_at_the_root() -> None:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BROKER_URL")}
    environment = {
        **kept,
        "POSTROAD_SERVICE": "gateway",
        "SECRET_KEY": "only-for-tests-which-sign-nothing-that-leaves-them",
        "DJANGO_SETTINGS_MODULE": "config.settings.service",
        "POSTROAD_DISCOVERY": "static",
        "POSTROAD_ADDRESSES": "orders=http://127.0.0.1:9",
    }

    done = subprocess.run(
        [sys.executable, "-c", ALONE],
        cwd=django_settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == (
        '{"/livez": 200, "/readyz": 200, "/openapi.json": 200, "/docs/": 200, "/graphql": 200,'
        ' "/v1/orders/1": 503, "/v1/nowhere": 404, "/admin/": 404,'
        ' "/orders/docs/": 200, "/orders/openapi.json": 503, "/nobody/docs/": 404}'
    )


async def echo(scope: dict[str, Any], receive: Any, send: Any) -> None:
    body, more = b"", True
    while more:
        event = await receive()
        body += event["body"]
        more = event["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def call(chunks: Iterable[bytes]) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    waiting = list(chunks)

    async def receive() -> dict[str, Any]:
        chunk = waiting.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(waiting)}

    async def send(event: Any) -> None:
        sent.append(event)

    asyncio.run(bounded(echo)({"type": "http"}, receive, send))
    return [*sent, {"left": len(waiting)}]


def test_a_body_within_the_limit_passes(settings: DjangoSettings) -> None:
    settings.GATEWAY = {"BODY_BYTES": 4}

    assert call([b"ab", b"cd"])[:2] == [
        {"type": "http.response.start", "status": 200, "headers": []},
        {"type": "http.response.body", "body": b"abcd"},
    ]


def test_a_body_without_announced_length_is_not_read_beyond_the_limit(settings: DjangoSettings) -> None:
    settings.GATEWAY = {"BODY_BYTES": 4}

    start, body, rest = call([b"ab", b"cd", b"e", b"f", b"g"])

    assert start["status"] == 413
    assert b"body_too_large" in body["body"]
    assert rest == {"left": 2}
