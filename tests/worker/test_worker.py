"""Real Celery workers on a real RabbitMQ."""

import os
import signal
import time

import pytest

from tests.brokers.proxy import Proxy
from tests.worker.office import Office, restart_broker, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.slow]
POOLS = pytest.mark.parametrize("pool", ["prefork", "threads", "solo"])


@POOLS
def test_a_backlog_and_what_comes_then_is_handled_once_and_in_order(office: Office, pool: str) -> None:
    office.send(100)
    worker = office.hire(pool)
    office.send(50)
    is_done = wait_until(lambda: office.count() == 600)
    code = worker.stop()

    assert is_done, worker.log
    assert office.written() == office.expected()
    assert len(office.attempts()) == 600
    assert (code, office.depth()) == (0, 0)


@POOLS
def test_a_warm_shutdown_handles_nothing_twice_and_leaves_the_rest(office: Office, pool: str) -> None:
    office.send(100)
    worker = office.hire(pool, pause_seconds=0.01)
    wait_until(lambda: office.count() > 60)
    code = worker.stop()
    handled, left = office.count(), office.depth()
    tried = len(office.attempts())
    second = office.hire(pool)
    is_done = wait_until(lambda: office.count() == 400)
    second.stop()

    assert (code, handled + left, tried) == (0, 400, handled), worker.log
    assert 0 < handled < 400
    assert is_done, second.log
    assert office.written() == office.expected()
    assert len(office.attempts()) == 400


@POOLS
def test_a_killed_worker_is_replaced_and_nothing_is_lost(office: Office, pool: str) -> None:
    office.send(100)
    worker = office.hire(pool, pause_seconds=0.005)
    wait_until(lambda: office.count() > 60)
    worker.kill()
    second = office.hire(pool)
    is_done = wait_until(lambda: office.count() == 400)

    assert is_done, second.log
    assert office.written() == office.expected()


@POOLS
def test_a_cut_connection_under_load_loses_nothing_and_keeps_order(
    office: Office, pool: str, proxy: Proxy, proxied_url: str
) -> None:
    office.send(150)
    worker = office.hire(pool, pause_seconds=0.005, broker_url=proxied_url)
    wait_until(lambda: office.count() > 100)
    proxy.cut()
    wait_until(lambda: office.count() > 300)
    proxy.cut()
    is_done = wait_until(lambda: office.count() == 600)
    code = worker.stop()

    assert is_done, worker.log
    assert office.written() == office.expected()
    assert len(office.attempts()) == 600
    assert (code, office.depth()) == (0, 0)


def test_a_killed_child_is_replaced_and_nothing_is_lost(office: Office) -> None:
    office.send(100)
    worker = office.hire("prefork", pause_seconds=0.005)
    wait_until(lambda: office.count() > 60)
    os.kill(worker.children()[-1], signal.SIGKILL)
    is_done = wait_until(lambda: office.count() == 400)

    assert is_done, worker.log
    assert office.written() == office.expected()


def test_a_message_that_kills_its_process_is_parked_and_the_others_flow(office: Office) -> None:
    office.send(20, trouble="kill")
    office.send(20, keys=("b", "c"))
    worker = office.hire("prefork")
    is_done = wait_until(lambda: office.count() == 119 and len(office.parked()) == 1)
    is_empty = wait_until(lambda: office.depth() == 0)
    [(subscriber, reason, _)] = office.parked()
    code = worker.stop()

    assert is_done, worker.log
    assert subscriber == office.name
    assert reason.startswith("killed its process 2 times: WorkerLostError")
    assert office.expected()["a"][:-1] == office.written()["a"]
    assert (is_empty, code, office.depth()) == (True, 0, 0)


@POOLS
@pytest.mark.parametrize("trouble", ["exit", "cancel"])
def test_what_would_end_a_process_counts_as_a_crash(office: Office, pool: str, trouble: str) -> None:
    office.send(5, trouble=trouble)
    worker = office.hire(pool)
    is_done = wait_until(lambda: office.count() == 19 and len(office.parked()) == 1)

    assert is_done, worker.log
    assert office.parked()[0][1].startswith("killed its process 2 times")
    assert worker.process.poll() is None


def test_a_message_that_kills_its_process_once_is_handled(office: Office) -> None:
    office.send(10, trouble=f"kill-once {office.folder / 'killed'}")
    worker = office.hire("prefork")

    assert wait_until(lambda: office.count() == 40), worker.log
    assert office.written() == office.expected()
    assert office.parked() == []


@POOLS
def test_a_failing_message_is_parked_after_its_attempts_and_the_others_flow(office: Office, pool: str) -> None:
    office.send(20, trouble="raise")
    worker = office.hire(pool)
    is_done = wait_until(lambda: office.count() == 79 and len(office.parked()) == 1)

    assert is_done, worker.log
    assert office.parked() == [(office.name, "ValueError: note 20 is never written", 4)]


def test_a_message_over_the_time_limit_is_parked_and_the_others_flow(office: Office) -> None:
    office.send(5, trouble="hang")
    worker = office.hire("prefork", "--time-limit", "1")
    is_done = wait_until(lambda: office.count() == 19 and len(office.parked()) == 1)

    assert is_done, worker.log
    assert "TimeLimitExceeded" in office.parked()[0][1]


def test_a_queue_deleted_while_it_is_consumed_is_made_again(office: Office, broker_url: str) -> None:
    worker = office.hire("threads")
    office.delete(f"{office.name}.0")
    is_back = wait_until(lambda: office.exists(f"{office.name}.0"))
    office.send(5)

    assert is_back, worker.log
    assert wait_until(lambda: office.count() == 20), worker.log


def test_ordinary_tasks_run_beside_the_handlers(office: Office) -> None:
    worker = office.hire("prefork")
    office.send(5)
    office.call_task(1)
    office.call_task(2, countdown=1)
    is_done = wait_until(lambda: office.count() == 22)

    assert is_done, worker.log
    assert office.written() == office.expected() | {"task": [1, 2]}


@pytest.mark.restarts
@pytest.mark.parametrize(("pool", "how"), [("prefork", "--kill"), ("threads", "")])
def test_a_restarted_broker_is_found_again_and_nothing_is_lost(office: Office, pool: str, how: str) -> None:
    worker = office.hire(pool, pause_seconds=0.005)
    began = time.monotonic()
    office.send(100)
    # RabbitMQ 3.10 may leave a quorum queue without leader for good if it is killed within a second of its declaration
    wait_until(lambda: office.count() > 60 and time.monotonic() - began > 3)
    restart_broker(how)
    is_done = wait_until(lambda: office.count() == 400)
    code = worker.stop()

    assert is_done, worker.log
    assert office.written() == office.expected()
    assert (code, office.depth()) == (0, 0)
