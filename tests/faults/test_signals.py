"""What relay and gRPC processes show of themselves while all is well, while servers are away, and at their end."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.brokers.proxy import Proxy
from tests.faults.deployment import Deployment, deployed, free_port, until
from tests.worker.test_signals import beats, figures

pytestmark = [pytest.mark.broker, pytest.mark.postgres, pytest.mark.slow]

END_SECONDS = 5.0
"""From SIGTERM to the end; measured: under 1.5 s. Kubernetes kills after 30."""

WAITING = """
    INSERT INTO postroad_outbox (message_id, type, channel, route, partition_key, lane, content_type, headers,
        correlation_id, reply_to, app_id, body)
    SELECT gen_random_uuid(), 'x.Y', channel, '0', '1', 3, 'application/json', '{"kind": "event"}', '', '', 'orders', '{}'
    FROM unnest(ARRAY['orders.Order', 'kitchen']) AS channel"""

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(("orders",), tmp_path_factory.mktemp("orders")) as deployment:
        yield deployment


@pytest.fixture
def alive(tmp_path: Path) -> Path:
    return tmp_path / "alive"


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def start(deployment: Deployment, alive: Path, port: int) -> Start:
    """Start a process of orders that shows itself."""
    shown = {"POSTROAD_HEARTBEAT_FILE": str(alive), "POSTROAD_METRICS_PORT": str(port)}

    def started(kind: str, **environment: str) -> "subprocess.Popen[bytes]":
        deployment.execute("orders", "DELETE FROM postroad_outbox")
        deployment.start("orders", kind, environment={**shown, **environment})
        until(lambda: _is_served(port), seconds=60, what=f"{kind} serves /metrics")
        return deployment.processes[f"orders-{kind}-1"]

    return started


def _is_served(port: int) -> bool:
    try:
        return bool(figures(port, "process_start_time_seconds"))
    except OSError:
        return False


def end(process: "subprocess.Popen[bytes]") -> tuple[int, float]:
    """Ask a process to end; return its exit code and how long it took."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    return process.wait(60), time.monotonic() - began


@pytest.fixture
def database(deployment: Deployment) -> Iterator[Proxy]:
    server = urlsplit(deployment.url("orders"))
    proxy = Proxy(str(server.hostname), server.port or 5432)
    yield proxy
    proxy.close()


def test_a_relay_shows_what_it_relays_and_ends_at_once(
    deployment: Deployment, start: Start, alive: Path, port: int
) -> None:
    relay = start("relay")
    deployment.execute("orders", WAITING)
    until(lambda: figures(port, "postroad_messages_published_total").get(("orders.Order",)), seconds=20, what="relayed")
    rows = figures(port, "postroad_outbox_rows")
    is_beating = beats(alive, seconds=3)
    code, seconds = end(relay)
    print(f"ended after {seconds:.2f} s")

    assert rows.keys() == {()}
    assert is_beating
    assert code == 0
    assert seconds < END_SECONDS


def test_a_relay_without_broker_beats_shows_a_growing_outbox_and_ends_at_once(
    deployment: Deployment, start: Start, alive: Path, port: int
) -> None:
    relay = start("relay", BROKER_URL=f"amqp://nobody:nothing@127.0.0.1:{free_port()}//")
    deployment.execute("orders", WAITING)
    until(lambda: figures(port, "postroad_outbox_oldest_age_seconds")[()] > 5, seconds=30, what="an old outbox")
    is_beating = beats(alive, seconds=3)
    rows = figures(port, "postroad_outbox_rows")[()]
    code, seconds = end(relay)  # in the middle of a back-off
    print(f"ended after {seconds:.2f} s")

    assert (is_beating, rows, code) == (True, 2, 0)
    assert seconds < END_SECONDS


def test_a_relay_without_database_beats_answers_scrapes_and_ends_at_once(
    deployment: Deployment, start: Start, alive: Path, port: int, database: Proxy
) -> None:
    url = deployment.url("orders").replace(str(urlsplit(deployment.url("orders")).port), str(database.port))
    relay = start("relay", DATABASE_URL=url)
    before = figures(port, "postroad_scrape_errors_total")[()]
    database.close()
    until(
        lambda: "relay cannot use the database, and tries again" in deployment.log("orders-relay-1"),
        seconds=20,
        what="noticed",
    )
    began = time.monotonic()
    errors, rows = figures(port, "postroad_scrape_errors_total")[()], figures(port, "postroad_outbox_rows")
    took = time.monotonic() - began
    is_beating = beats(alive, seconds=3)
    code, seconds = end(relay)
    print(f"ended after {seconds:.2f} s")

    assert (before, errors > 0, rows) == (0, True, {})
    assert took < END_SECONDS
    assert (is_beating, code) == (True, 0)
    assert seconds < END_SECONDS


def test_a_grpc_process_serves_its_figures_and_ends_at_once(deployment: Deployment, start: Start, port: int) -> None:
    process = start("grpc")
    deployment.wait_for_grpc()
    has_figures = bool(figures(port, "process_open_fds"))
    code, seconds = end(process)
    print(f"ended after {seconds:.2f} s")

    assert (has_figures, code) == (True, 0)
    assert seconds < END_SECONDS


def test_a_grpc_process_whose_metrics_port_is_taken_says_so_and_ends(deployment: Deployment, port: int) -> None:
    deployment.start("orders", "grpc", number=2, environment={"POSTROAD_METRICS_PORT": str(port)})
    until(lambda: _is_served(port), seconds=60, what="the first serves /metrics")
    deployment.start("orders", "grpc", number=3, environment={"POSTROAD_METRICS_PORT": str(port)})
    code = deployment.processes["orders-grpc-3"].wait(60)
    os.kill(deployment.processes["orders-grpc-2"].pid, signal.SIGTERM)

    assert code == 1
    assert f"CommandError: METRICS_PORT {port} cannot be listened on" in deployment.log("orders-grpc-3")
