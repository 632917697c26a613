import os
from collections.abc import Iterator

import pytest
from typing_extensions import override

from postroad.brokers.rabbitmq.broker import RabbitMQ
from postroad.brokers.rabbitmq.connection import read_url
from postroad.messaging.topology import Topology
from postroad.testing.broker_stage import Stage
from tests.brokers.proxy import Proxy
from tests.support.amqp import delete_topology


class TidyRabbitMQ(RabbitMQ):
    """Remembers what it declared, so that it can be deleted."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.declared = Topology()

    @override
    def declare(self, topology: Topology) -> None:
        self.declared += topology
        super().declare(topology)


@pytest.fixture(scope="session")
def broker_url() -> str:
    url = os.environ.get("TEST_BROKER_URL", "")
    assert url, "TEST_BROKER_URL is not set; run: python scripts/servers.py exec -- python -m pytest"
    return url


@pytest.fixture
def rabbitmq(broker_url: str) -> Iterator[TidyRabbitMQ]:
    broker = TidyRabbitMQ(broker_url)
    yield broker
    delete_topology(broker_url, broker.declared)


@pytest.fixture
def proxy(broker_url: str) -> Iterator[Proxy]:
    server = read_url(broker_url)
    proxy = Proxy(server.host, server.port)
    yield proxy
    proxy.close()


@pytest.fixture
def proxied(broker_url: str, proxy: Proxy) -> RabbitMQ:
    """The same broker behind the proxy."""
    return RabbitMQ(broker_url.replace(f":{read_url(broker_url).port}", f":{proxy.port}"))


@pytest.fixture
def stage(rabbitmq: TidyRabbitMQ) -> Iterator[Stage]:
    stage = Stage(rabbitmq)
    yield stage
    stage.close()
