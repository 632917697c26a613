"""A registry with a clock set by hand, and the same served over HTTP."""

from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections

from apps.registry import views
from apps.registry.store import Registry
from postroad.calls.discovery.registry_client import RegistryClient
from tests.support.registry import HandClock, Line


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store(clock: HandClock) -> Registry:
    return Registry(clock=clock)


@pytest.fixture
def served(store: Registry, monkeypatch: pytest.MonkeyPatch) -> list[Registry]:
    """The registry behind the URLs; a test restarts it by putting another one in its place."""
    current = [store]
    monkeypatch.setattr(views, "registry", lambda: current[0])
    return current


@pytest.fixture
def line(served: list[Registry]) -> Iterator[Line]:
    """A line to the URLs within this process; a request's end leaves the database of other tests alone."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield Line(get_wsgi_application())
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def client_of_registry(line: Line) -> Iterator[RegistryClient]:
    client = RegistryClient(["http://localhost/eureka"], transport=line)
    yield client
    client.close()
