"""What a worker shows of itself to whoever watches it from outside: its heartbeat and its figures."""

import os
import signal
import socket
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.brokers.proxy import Proxy
from tests.faults.deployment import free_port
from tests.worker.office import Office, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.slow]


@pytest.fixture
def alive(tmp_path: Path) -> Path:
    return tmp_path / "alive"


def beats(path: Path, *, seconds: float) -> bool:
    """Return whether the file is touched within so many seconds."""
    os.utime(path, (1, 1))
    return wait_until(lambda: path.stat().st_mtime > 1, seconds=seconds)


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo"])
def test_an_idle_worker_beats(office: Office, alive: Path, pool: str) -> None:
    office.hire(pool, POSTROAD_HEARTBEAT_FILE=str(alive))

    assert beats(alive, seconds=3)
    assert beats(alive, seconds=3)


def test_a_worker_beats_while_a_handler_takes_its_time(office: Office, alive: Path) -> None:
    office.hire(pause_seconds=600, POSTROAD_HEARTBEAT_FILE=str(alive))
    office.send(1)
    wait_until(lambda: bool(office.attempts()))

    assert beats(alive, seconds=3)
    assert beats(alive, seconds=3)


def test_a_worker_whose_event_loop_hangs_beats_no_more(office: Office, alive: Path) -> None:
    office.hire("solo", pause_seconds=600, POSTROAD_HEARTBEAT_FILE=str(alive))
    office.send(1)
    wait_until(lambda: bool(office.attempts()))

    assert not beats(alive, seconds=4)


def test_a_worker_beats_while_its_broker_is_away(office: Office, alive: Path, proxy: Proxy, proxied_url: str) -> None:
    worker = office.hire(broker_url=proxied_url, POSTROAD_HEARTBEAT_FILE=str(alive))
    proxy.close()
    is_away = wait_until(lambda: "Trying again in 6.00 seconds" in worker.log)

    assert is_away, worker.log
    assert beats(alive, seconds=3)


def test_a_worker_beats_that_has_never_seen_its_broker(
    office: Office, alive: Path, proxy: Proxy, proxied_url: str
) -> None:
    proxy.close()
    worker = office.call(broker_url=proxied_url, POSTROAD_HEARTBEAT_FILE=str(alive))
    is_away = wait_until(lambda: "Trying again in 6.00 seconds" in worker.log)

    assert is_away, worker.log
    assert beats(alive, seconds=3)


def test_a_worker_that_may_not_write_its_file_says_so_and_ends(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "alive"
    worker = office.call(POSTROAD_HEARTBEAT_FILE=str(path))
    code = worker.process.wait(60)

    assert code == 1
    assert f"HEARTBEAT_FILE {str(path)!r} cannot be written (No such file or directory)" in worker.log


@pytest.fixture
def port() -> int:
    return free_port()


def figures(port: int, name: str) -> dict[tuple[str, ...], float]:
    """Return values of labels → number of one of the figures that a process serves."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return {tuple(sample.labels.values()): sample.value for sample in samples}


def lag(office: Office, port: int) -> float:
    return figures(port, "postroad_consumer_lag_seconds")[office.name,]


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo"])
def test_a_worker_counts_what_its_pool_has_handled(office: Office, port: int, pool: str) -> None:
    office.hire(pool, POSTROAD_METRICS_PORT=str(port))
    office.send(10)
    wait_until(lambda: office.count() == 40)
    office.send(1, keys=("a",), trouble="raise")
    wanted = {(office.name, "done"): 40, (office.name, "failed"): 3, (office.name, "parked"): 1}
    is_counted = wait_until(
        lambda: figures(port, "postroad_messages_handled_total").items() >= wanted.items(), seconds=15
    )

    assert is_counted, figures(port, "postroad_messages_handled_total")


@pytest.mark.parametrize("pool", ["prefork", "solo"])
def test_the_lag_of_a_worker_that_is_stuck_grows_and_that_of_an_idle_one_is_zero(
    office: Office, port: int, pool: str
) -> None:
    office.hire(pool, pause_seconds=5, POSTROAD_METRICS_PORT=str(port))
    at_first = lag(office, port)
    office.send(1, keys=("a",))
    has_grown = wait_until(lambda: lag(office, port) > 2) and wait_until(lambda: lag(office, port) > 4)
    is_gone = wait_until(lambda: lag(office, port) == 0, seconds=10)

    assert (at_first, has_grown, is_gone) == (0, True, True)


def test_a_child_that_is_replaced_does_not_keep_the_port_of_a_dead_worker(office: Office, port: int) -> None:
    worker = office.hire(POSTROAD_METRICS_PORT=str(port))
    first = worker.children()
    os.kill(first[-1], signal.SIGKILL)
    wait_until(lambda: len(set(worker.children()) - set(first)) == 1)
    office.send(5)
    wait_until(lambda: office.count() == 20)
    is_served = bool(figures(port, "postroad_messages_handled_total"))
    children = worker.children()
    os.kill(worker.process.pid, signal.SIGSTOP)  # as dead as it can be with its children alive
    [os.kill(child, signal.SIGSTOP) for child in children]
    os.kill(worker.process.pid, signal.SIGKILL)
    worker.process.wait(10)
    with socket.create_server(("127.0.0.1", port)):
        pass
    [os.kill(child, signal.SIGKILL) for child in children]

    assert is_served


def test_a_worker_whose_port_is_taken_says_so_and_ends(office: Office, port: int) -> None:
    with socket.create_server(("0.0.0.0", port)):  # noqa: S104 - as the worker does
        worker = office.call(POSTROAD_METRICS_PORT=str(port))
        code = worker.process.wait(60)

    assert code == 1
    assert f"METRICS_PORT {port} cannot be listened on (Address already in use)" in worker.log
