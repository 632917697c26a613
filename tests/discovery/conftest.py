"""A registry with a clock set by hand, and the same served over HTTP."""

from collections.abc import Iterator

import pytest
from django.core.wsgi import get_wsgi_application

from apps.registry import views
from postroad.discovery.registry.store import Registry
from postroad.discovery.registry_client import RegistryClient
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
def line(served: list[Registry]) -> Line:
    return Line(get_wsgi_application())


@pytest.fixture
def client_of_registry(line: Line) -> Iterator[RegistryClient]:
    client = RegistryClient(["http://localhost/eureka"], transport=line)
    yield client
    client.close()
