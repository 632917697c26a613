import asyncio
from collections.abc import Iterator

import pytest
import uvloop

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


@pytest.fixture(params=[asyncio.DefaultEventLoopPolicy, uvloop.EventLoopPolicy])
def both_kinds_of_loop(request: pytest.FixtureRequest) -> Iterator[None]:
    """The gateway's loops are uvloop's; those of make run are asyncio's."""
    asyncio.set_event_loop_policy(request.param())
    yield
    asyncio.set_event_loop_policy(None)
