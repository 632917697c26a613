"""What a worker shows of itself to whoever watches it from outside: its heartbeat."""

import os
from pathlib import Path

import pytest

from tests.brokers.proxy import Proxy
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
