"""The registry and a service as processes, web and gRPC: registered at the start, gone at the end, and gone when killed."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
from typing_extensions import override

from postroad.calls.discovery.registry_client import RegistryClient
from postroad.calls.discovery.registry_resolver import RegistryResolver
from postroad.calls.discovery.resolver import Endpoint
from tests.faults.deployment import ROOT, free_port, until

pytestmark = pytest.mark.slow


class Process:
    """A web process of one service."""

    def __init__(self, service: str, log: Path, **environment: str) -> None:
        self.port = free_port()
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("TEST_", "POSTROAD_"))}
        mine = {
            "POSTROAD_SERVICE": service,
            "PORT": str(self.port),
            "GRPC_PORT": str(self.port),
            "SECRET_KEY": "only-for-tests-which-sign-nothing-that-leaves-them",
            "DJANGO_SETTINGS_MODULE": "config.settings.service",
        }
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                self._command(),
                cwd=ROOT, env={**clean, **mine, **environment}, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "config.web"]

    def end(self, number: int) -> None:
        os.killpg(self.process.pid, number)
        self.process.wait(20)


class GrpcProcess(Process):
    """A gRPC server of one service."""

    @override
    def _command(self) -> list[str]:
        return [sys.executable, "manage.py", "grpc"]


class Forwarder(ThreadingHTTPServer):
    """Stands before the registry, and does something as soon as a process connects to it."""

    def __init__(self, registry_port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Forwarding)
        self.registry_url = f"http://127.0.0.1:{registry_port}"
        self.url = f"http://127.0.0.1:{self.server_port}/eureka"
        self.methods: list[str] = []
        self.at_connection: Callable[[], None] = lambda: None

    @override
    def verify_request(self, request: Any, client_address: Any) -> bool:
        self.at_connection()
        return True

    @override
    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    @override
    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Forwarding(BaseHTTPRequestHandler):
    def _forward(self) -> None:
        forwarder = self.server
        assert isinstance(forwarder, Forwarder)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name: self.headers[name] for name in ("content-type", "accept") if name in self.headers}
        answer = httpx.request(
            self.command, f"{forwarder.registry_url}{self.path}", content=body, headers=headers, trust_env=False
        )
        forwarder.methods.append(self.command)
        self.send_response(answer.status_code)
        self.send_header("content-length", "0")
        self.end_headers()

    do_POST = do_PUT = do_DELETE = _forward  # noqa: N815 - the names that http.server calls

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Process]:
    registry = Process("registry", tmp_path / "registry.log")
    until(lambda: status(f"http://127.0.0.1:{registry.port}/readyz") == 200, seconds=60, what="the registry is ready")
    yield registry
    registry.end(signal.SIGKILL)


@pytest.fixture
def orders(registry: Process, tmp_path: Path) -> Iterator[Process]:
    yield from running(Process("orders", tmp_path / "orders.log", **environment(registry, tmp_path)))


@pytest.fixture
def orders_grpc(registry: Process, tmp_path: Path) -> Iterator[Process]:
    yield from running(GrpcProcess("orders", tmp_path / "grpc.log", **environment(registry, tmp_path)))


def once(action: Callable[[], None]) -> Callable[[], None]:
    """Return a function whose first call does something."""
    actions = [action]
    return lambda: actions.pop()() if actions else None


def environment(registry: Process, home: Path) -> dict[str, str]:
    """Return the settings of a service that finds others, and is found, by the registry."""
    return {
        "DATABASE_URL": f"sqlite:///{home}/orders.sqlite3",
        "BROKER_URL": "memory://",
        "POSTROAD_DISCOVERY": "registry",
        "POSTROAD_REGISTRY_URL": f"http://127.0.0.1:{registry.port}/eureka",
        "POSTROAD_REGISTRY_RENEW_SECONDS": "1",
        "POSTROAD_REGISTRY_LEASE_SECONDS": "3",
    }


def running(process: Process) -> Iterator[Process]:
    """Yield a process, and end it if nobody has."""
    yield process
    if process.process.poll() is None:
        process.end(signal.SIGKILL)


def status(url: str) -> int:
    try:
        return httpx.get(url, trust_env=False).status_code
    except httpx.HTTPError:
        return 0


def instances(registry: Process, app: str = "ORDERS") -> list[dict[str, Any]]:
    url = f"http://127.0.0.1:{registry.port}/eureka/apps/{app}"
    answer = httpx.get(url, headers={"Accept": "application/json"}, trust_env=False)
    return list(answer.json()["application"]["instance"]) if answer.is_success else []


def test_a_service_registers_itself_and_goes_when_it_is_stopped(registry: Process, orders: Process) -> None:
    (found,) = until(lambda: instances(registry), seconds=60, what="orders is registered")
    os.kill(orders.process.pid, signal.SIGTERM)

    assert found["hostName"] == "127.0.0.1"
    assert found["port"] == {"$": orders.port, "@enabled": "true"}
    assert orders.process.wait(20) == 0
    assert instances(registry) == []


def test_a_service_that_is_stopped_while_it_starts_leaves_the_registry(registry: Process, tmp_path: Path) -> None:
    behind = Forwarder(registry.port)
    with behind:
        starting = Process(
            "orders", tmp_path / "orders.log", **environment(registry, tmp_path) | {"POSTROAD_REGISTRY_URL": behind.url}
        )
        behind.at_connection = once(lambda: os.kill(starting.process.pid, signal.SIGTERM))
        ended = starting.process.wait(60)

    assert ended == 0, (tmp_path / "orders.log").read_text()
    assert behind.methods == ["POST", "DELETE"]
    assert instances(registry) == []


def test_a_grpc_server_registers_itself_beside_the_web_process(registry: Process, orders_grpc: Process) -> None:
    (found,) = until(lambda: instances(registry, "ORDERS-GRPC"), seconds=60, what="the gRPC server is registered")
    resolver = RegistryResolver(RegistryClient((f"http://127.0.0.1:{registry.port}/eureka",)), fetch_seconds=30)
    (endpoint,) = resolver.resolve("orders-grpc")
    resolver.close()
    os.kill(orders_grpc.process.pid, signal.SIGTERM)

    assert found["port"] == {"$": orders_grpc.port, "@enabled": "true"}
    assert endpoint == Endpoint(host="127.0.0.1", port=orders_grpc.port)
    assert orders_grpc.process.wait(20) == 0
    assert instances(registry, "ORDERS-GRPC") == []


def test_a_service_that_is_killed_is_gone_after_its_lease(registry: Process, orders: Process) -> None:
    until(lambda: instances(registry), seconds=60, what="orders is registered")
    orders.end(signal.SIGKILL)
    at_once = instances(registry)

    assert len(at_once) == 1
    until(lambda: not instances(registry), seconds=10, what="its lease has ended")


def test_the_registry_alone_has_no_admin_and_no_service(registry: Process) -> None:
    paths = ("eureka/apps", "livez", "admin/", "orders/v1/orders/1", "v1/orders/1")

    assert [status(f"http://127.0.0.1:{registry.port}/{path}") for path in paths] == [200, 200, 404, 404, 404]
