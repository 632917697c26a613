"""Services as real processes on real servers, that a test may kill and start again."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
import psycopg
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from psycopg import sql

from apps.tour.client import Services
from postroad.brokers.rabbitmq.broker import RabbitMQ
from postroad.composition import installed
from tests.support.amqp import delete_topology

ROOT = Path(__file__).resolve().parent.parent.parent
DATABASE_URL = os.environ.get("TEST_DATABASE_URL", "")
BROKER_URL = os.environ.get("TEST_BROKER_URL", "")


def until(condition: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """Poll until `condition` returns something true, and return that; fail with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds:g} s: {what}")


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Deployment:
    """A database a service, one broker, and processes named `<service>-<kind>-<number>`.

    Gateway and registry are no services here: they have no database.

    Attributes:
        processes: Name → process, running or dead.
        ports: Name → where it listens; drawn at the first look, so that one process may be told of another.
    """

    def __init__(self, services: Iterable[str], logs: Path) -> None:
        self.services, self.logs = tuple(services), logs
        self.run = secrets.token_hex(3)
        self.ports: defaultdict[str, int] = defaultdict(free_port)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._given: dict[str, dict[str, str]] = {}

    @property
    def api(self) -> Services:
        """The services' REST APIs."""
        return Services(urls={service: self.address(f"{service}-web-1") for service in self.services})

    def address(self, name: str) -> str:
        """Return the URL of a process."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def prepare(self) -> None:
        """Make empty databases and queues."""
        with psycopg.connect(DATABASE_URL, autocommit=True) as server:
            for service in self.services:
                server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(self.database(service))))
        topology = installed().topology
        delete_topology(BROKER_URL, topology)
        broker = RabbitMQ(BROKER_URL)
        broker.declare(topology)
        broker.close()
        migrations = [
            self._popen(service, "migrate", [sys.executable, "manage.py", "migrate"]) for service in self.services
        ]
        codes = [process.wait(120) for process in migrations]
        assert codes == [0] * len(codes), f"migrate failed; logs in {self.logs}"

    def start(self, service: str, kind: str, *, number: int = 1, environment: Mapping[str, str] | None = None) -> None:
        """Start one process, or start it again, with further variables in its environment."""
        name = f"{service}-{kind}-{number}"
        self._given[name] = dict(environment or {})
        self.processes[name] = self._popen(service, name, self._command(service, kind, number))

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Send a signal to a process and, for SIGKILL, wait until it is gone."""
        process = self.processes[name]
        process.send_signal(number)
        if number == signal.SIGKILL:
            process.wait(10)

    def children(self, name: str) -> list[int]:
        """Return the process ids of a worker's pool."""
        pid = self.processes[name].pid
        with suppress(OSError):
            return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return []

    def restart(self, name: str) -> None:
        """Start a process again, as a supervisor does."""
        service, kind, number = name.rsplit("-", 2)
        self.start(service, kind, number=int(number), environment=self._given[name])

    def revive(self) -> list[str]:
        """Start again what has ended by itself, as a supervisor does; return the names."""
        ended = [name for name, process in self.processes.items() if process.poll() is not None]
        for name in ended:
            self.restart(name)
        return ended

    def wait_for_web(self) -> None:
        """Wait until every web process that was started answers."""
        for name in [name for name in self.processes if "-web-" in name]:
            until(lambda name=name: self._answers(name), seconds=60, what=f"{name} answers")

    def wait_for_grpc(self) -> None:
        """Wait until every gRPC process that was started serves."""
        for name in [name for name in self.processes if "-grpc-" in name]:
            until(lambda name=name: self._serves(name), seconds=60, what=f"{name} serves")

    def log(self, name: str) -> str:
        """Return what a process has written."""
        return (self.logs / f"{name}.log").read_text(errors="replace")

    def rows(self, service: str, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run a query on a service's database."""
        with psycopg.connect(self.url(service), autocommit=True) as database:
            return database.execute(query.encode(), values).fetchall()

    def execute(self, service: str, statement: str) -> None:
        """Run a statement on a service's database."""
        with psycopg.connect(self.url(service), autocommit=True) as database:
            database.execute(statement.encode())

    def database(self, service: str) -> str:
        """Return the name of a service's database."""
        return f"faults_{self.run}_{service}"

    def url(self, service: str) -> str:
        """Return the URL of a service's database."""
        return f"{DATABASE_URL.rpartition('/')[0]}/{self.database(service)}"

    def stop(self) -> None:
        """End every process, then drop databases and queues."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        with psycopg.connect(DATABASE_URL, autocommit=True) as server:
            for service in self.services:
                server.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.database(service)))
                )
        delete_topology(BROKER_URL, installed().topology)

    def _command(self, service: str, kind: str, number: int) -> list[str]:
        python = sys.executable
        match kind:
            case "web":
                return [python, "-m", "config.web"]
            case "relay" | "grpc":
                return [python, "manage.py", kind]
            case _:
                node = f"{service}-{number}@{self.run}"
                return [python, "-m", "celery", "-A", "config", "worker", "-n", node, "-c", "1", "--loglevel", "INFO"]

    def _popen(self, service: str, name: str, command: list[str]) -> "subprocess.Popen[bytes]":
        port = str(self.ports[name])
        stored = {"DATABASE_URL": self.url(service), "BROKER_URL": BROKER_URL} if service in self.services else {}
        environment = {
            **os.environ,
            "POSTROAD_SERVICE": service,
            "WEB_HOST": "127.0.0.1",
            "PORT": port,
            "GRPC_PORT": port,
            "SECRET_KEY": "only-for-tests-which-sign-nothing-that-leaves-them",
            "ALLOWED_HOSTS": "127.0.0.1",
            "DJANGO_SETTINGS_MODULE": "config.settings.service",
            **stored,
            **self._given.get(name, {}),
        }
        with (self.logs / f"{name}.log").open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)

    def _answers(self, name: str) -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{self.address(name)}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
        return False

    def _serves(self, name: str) -> bool:
        with grpc.insecure_channel(f"127.0.0.1:{self.ports[name]}") as channel, suppress(grpc.RpcError):
            answer = HealthStub(channel).Check(HealthCheckRequest(), timeout=2)
            return bool(answer.status == HealthCheckResponse.SERVING)
        return False


@contextmanager
def deployed(services: Iterable[str], logs: Path) -> Iterator[Deployment]:
    """Prepare a deployment, and remove it in the end."""
    deployment = Deployment(services, logs)
    deployment.prepare()
    try:
        yield deployment
    finally:
        deployment.stop()
