"""gRPC as processes serve it: one order followed through the whole platform, signals, a port that is taken."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.json_format import MessageToDict
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub

from apps.orders.rpc.v1.orders_pb2 import GetOrderRequest, Order, WatchOrderRequest
from apps.orders.rpc.v1.orders_pb2_grpc import OrdersStub
from apps.tour.addresses import behind_one
from apps.tour.demo import place, prepare
from tests.faults.deployment import ROOT, free_port, until

pytestmark = pytest.mark.slow


class Home:
    """A directory with its own database and secrets, and the processes that use it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.http_port, self.grpc_port = folder, free_port(), free_port()
        self.started: list[subprocess.Popen[bytes]] = []
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.grpc_port}")

    @property
    def output(self) -> str:
        return (self.folder / "log").read_text()

    def start(self, *command: str, until_it_says: str) -> "subprocess.Popen[bytes]":
        mine = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TEST_")},
            "VAR_DIR": str(self.folder),
            "DJANGO_SETTINGS_MODULE": "config.settings.embedded",
            "GRPC_PORT": str(self.grpc_port),
            "LOG_LEVEL": "INFO",
            "DEMO": "0",
        }
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", *command], cwd=ROOT, env=mine, stdout=log, stderr=subprocess.STDOUT
            )
        self.started.append(process)
        until(lambda: until_it_says in self.output, seconds=60, what=f"it says {until_it_says!r}")
        return process

    def close(self) -> None:
        self.channel.close()
        for process in self.started:
            process.kill()
            process.wait(10)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    yield home
    home.close()


def test_a_watcher_sees_an_order_through_all_its_states_and_ctrl_c_ends_in_time(home: Home) -> None:
    one = home.start("run", "--port", str(home.http_port), until_it_says="Postroad is ready")
    api = behind_one(f"http://localhost:{home.http_port}")
    stub = OrdersStub(home.channel)
    order_id = place(api, prepare(api))
    states: list[str] = []

    def watch() -> None:
        for order in stub.WatchOrder(WatchOrderRequest(order_id=order_id), timeout=60):
            states.append(Order.State.Name(order.state))  # noqa: PERF401 - looked at while it grows

    watcher = threading.Thread(target=watch)
    watcher.start()
    until(lambda: states[-1:] == ["APPROVED"], seconds=30, what="the order is approved")
    shown = MessageToDict(stub.GetOrder(GetOrderRequest(order_id=order_id), timeout=5))
    over_rest = api.get("orders", f"/v1/orders/{order_id}")
    api.post("orders", f"/v1/orders/{order_id}/cancel", {})
    watcher.join(30)
    one.send_signal(signal.SIGINT)

    assert not watcher.is_alive()
    assert set(states) <= {"APPROVAL_PENDING", "APPROVED", "CANCEL_PENDING", "CANCELLED"}
    assert states[-1] == "CANCELLED"
    assert {**shown, "orderId": order_id} == over_rest
    assert one.wait(5) == 0


def test_a_grpc_process_ends_well_when_it_is_told_to_and_sends_its_watchers_away(home: Home) -> None:
    process = home.start("grpc", until_it_says="Postroad gRPC server started")
    watched = HealthStub(home.channel).Watch(HealthCheckRequest(service="postroad.kitchen.v1.Kitchen"), timeout=30)
    before = next(watched).status

    process.send_signal(signal.SIGTERM)
    after = next(watched).status
    watched.cancel()

    assert [before, after] == [HealthCheckResponse.SERVING, HealthCheckResponse.NOT_SERVING]
    assert process.wait(15) == 0
    assert "Postroad gRPC server stopped" in home.output


def test_a_grpc_port_that_is_taken_ends_its_process_but_not_the_one_process_mode(home: Home) -> None:
    home.start("grpc", until_it_says="Postroad gRPC server started")
    second = home.start("grpc", until_it_says="CommandError")

    home.start("run", "--port", str(home.http_port), until_it_says="Postroad is ready")

    assert second.wait(10) == 1
    assert f"CommandError: gRPC port {home.grpc_port} on 127.0.0.1 cannot be used" in home.output
    assert f"no gRPC   gRPC port {home.grpc_port} on 127.0.0.1 cannot be used" in home.output
    assert "Failed to add port" not in home.output  # gRPC's own line says no more
