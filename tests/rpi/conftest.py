from collections.abc import Iterator

import pytest

from tests.support.calls import HttpService, http_service
from tests.support.faultproxy import FaultProxy


@pytest.fixture
def service() -> Iterator[HttpService]:
    with http_service() as server:
        yield server


@pytest.fixture
def faults(service: HttpService) -> Iterator[FaultProxy]:
    """A proxy in front of the service."""
    proxy = FaultProxy(service.server_port)
    yield proxy
    proxy.close()
