"""The gateway and the services behind an order as processes, with orders in the database.

The services share one database, which no figure here writes to; each is a process of its own, as `make up` runs it.
"""

import http.client
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache, partial

from bench import processes, stage
from bench.orders import ORDERS, ROWS, SERVICES

GATEWAY = "gateway"
PARTS: Mapping[str, str] = {
    "orders": f"/v1/orders/{ORDERS[0]}",
    "kitchen": f"/v1/tickets/{ORDERS[0]}",
    "delivery": f"/v1/deliveries/{ORDERS[0]}",
    "accounting": f"/v1/bills/{ORDERS[0]}",
}
"""Service → where it has its part of one order."""

CLIENTS = ("httpcore", "pyreqwest")
"""Distributions of HTTP clients that a gateway can use in place of ours (`bench.rivals.http_clients`)."""

_START_SECONDS = 60.0


class Caller:
    """One connection to one process, kept; calls one after the other."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def call(self, path: str) -> float:
        """GET and return the milliseconds until the whole answer is there.

        Raises:
            Failed: The answer is not 200.
        """
        began = time.perf_counter()
        self._connection.request("GET", path)
        answer = self._connection.getresponse()
        body = answer.read()
        took = (time.perf_counter() - began) * 1000
        if answer.status != 200:
            raise processes.Failed(f"GET {path} was answered {answer.status}: {body[:300]!r}")
        return took

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextmanager
def opened(*, hanging: str | None = None, clients: Sequence[str] = ()) -> Iterator[Mapping[str, int]]:
    """Run gateways and services during a block; the value is name → port, for a peer's gateway the client's name.

    Args:
        hanging: A service in whose place somebody accepts connections and never answers.
        clients: HTTP clients, of `CLIENTS`, for each of which a further gateway runs.
    """
    ports = {name: _free_port() for name in (GATEWAY, *clients, *SERVICES) if name != hanging}
    _write_orders()
    stage.settle()
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as silent:
        told = {hanging: silent.getsockname()[1]} if hanging else {}
        with _running(ports, {**ports, **told}):
            yield ports


@contextmanager
def _running(ports: Mapping[str, int], told: Mapping[str, int]) -> Iterator[None]:
    """Run them, each knowing the services where it is told."""
    addresses = ",".join(f"{name}=http://127.0.0.1:{told[name]}" for name in SERVICES)
    calling = {"POSTROAD_DISCOVERY": "static", "POSTROAD_ADDRESSES": addresses}
    with ExitStack() as stack:
        started = {
            name: stack.enter_context(
                processes.running(*_command(name), environment={**_environment(name, port), **calling})
            )
            for name, port in ports.items()
        }
        for name, process in started.items():
            process.wait_until(partial(_is_ready, ports[name]), seconds=_START_SECONDS)
        yield


@cache
def _write_orders() -> None:
    """Make the tables of all services and fill them, once in a run."""
    with processes.running("manage.py", "migrate", "--skip-checks", environment=_environment("")) as migration:
        migration.wait(seconds=_START_SECONDS)
    stage.execute(*ROWS.values())


def _command(name: str) -> tuple[str, ...]:
    return ("-m", "bench.rivals.http_clients", name) if name in CLIENTS else ("-m", "config.web")


def _environment(name: str, port: int = 0) -> dict[str, str]:
    return {
        "POSTROAD_SERVICE": GATEWAY if name in CLIENTS else name,
        "WEB_HOST": "127.0.0.1",
        "PORT": str(port),
        "DATABASE_URL": os.environ["DATABASE_URL"],
        "BROKER_URL": os.environ["BROKER_URL"],
        "SECRET_KEY": "only-for-measurements-which-sign-nothing-that-leaves",
        "DJANGO_SETTINGS_MODULE": "config.settings.service",
    }


def _is_ready(port: int) -> bool:
    caller = Caller(port)
    try:
        caller.call("/readyz")
    except (OSError, processes.Failed):
        return False
    finally:
        caller.close()
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
