"""The servers that are fuzzed: real processes, which must be alive and well after each module."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.faults.deployment import free_port, until
from tests.fuzz.fuzzing import ask
from tests.support.one_process import OneProcess

ADDRESS = {"street1": "1 Main Street", "street2": "", "city": "Oakland", "state": "CA", "zip": "94611"}
MENU = {"menuItems": [{"id": "1", "name": "Vindaloo", "price": "12.34"}]}
CONSUMER = {"name": {"firstName": "Ada", "lastName": "Lovelace"}}
RESTAURANT = {"name": "Ajanta", "address": ADDRESS, "menu": MENU}
ORDER = {
    "consumerId": 1,
    "restaurantId": 1,
    "deliveryAddress": ADDRESS,
    "deliveryTime": "2030-01-01T12:00:00Z",
    "lineItems": [{"menuItemId": "1", "quantity": 2}],
}


class Shop:
    """The whole platform in one process: every service's REST API, the gateway, the registry, gRPC."""

    def __init__(self, folder: Path) -> None:
        self.grpc_port = free_port()
        self._one = OneProcess(folder)
        self._one.start(patience_seconds=180, GRPC_PORT=str(self.grpc_port))
        for path, body in (("/consumers/v1/consumers", CONSUMER), ("/restaurants/v1/restaurants", RESTAURANT)):
            assert self.post(path, body)
        until(lambda: self.post("/orders/v1/orders", ORDER), seconds=60, what="the restaurant is known to orders")

    @property
    def port(self) -> int:
        return self._one.port

    def post(self, path: str, body: Any) -> Any:
        answer = ask(self.port, "POST", path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        return json.loads(answer.body) if answer.status == 200 else None

    def parked(self) -> list[tuple[object, ...]]:
        return self._one.rows("SELECT type, partition_key, reason FROM postroad_dead_letter WHERE state = 'parked'")

    def waiting(self) -> int:
        return len(self._one.rows("SELECT 1 FROM postroad_outbox LIMIT 1"))

    def assert_well(self) -> None:
        """Alive, answering, nothing thrown at anybody's log, everything sent and handled, nothing parked."""
        assert self._one.process is not None
        assert self._one.process.poll() is None, self._one.output[-3000:]
        assert ask(self.port, "GET", "/readyz").status == 200
        wrong = [line for line in self._one.output.splitlines() if "Traceback" in line or " ERROR " in line]
        assert wrong == [], self._one.output[-5000:]
        until(lambda: not self.waiting(), seconds=60, what="the outbox is empty")
        assert self.parked() == []

    def close(self) -> None:
        if self._one.process is not None:
            self._one.process.kill()
            self._one.process.wait(10)


@pytest.fixture(scope="session")
def _shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with closing(Shop(tmp_path_factory.mktemp("shop"))) as shop:
        yield shop


@pytest.fixture
def shop(_shop: Shop) -> Iterator[Shop]:
    """The platform, which is well when the test has ended."""
    yield _shop
    _shop.assert_well()
