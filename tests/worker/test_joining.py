"""Handlers in the workers of a project that has Celery already: its tasks and its broker stay its own."""

from collections.abc import Iterator

import pytest

from tests.brokers.proxy import Proxy
from tests.support.amqp import virtual_host
from tests.worker.office import Office, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.slow]
POOLS = pytest.mark.parametrize("pool", ["prefork", "threads", "solo"])


@pytest.fixture
def elsewhere(broker_url: str) -> Iterator[str]:
    """A virtual host of the project's own, for its tasks."""
    with virtual_host(broker_url) as url:
        yield url


@pytest.mark.virtual_hosts
@POOLS
def test_tasks_stay_at_celerys_broker_and_messages_at_ours(office: Office, elsewhere: str, pool: str) -> None:
    office.send(20)
    worker = office.hire(pool, CELERY_BROKER_URL=elsewhere)
    office.call_task(1, CELERY_BROKER_URL=elsewhere)
    is_done = wait_until(lambda: office.count() == 81)
    code = worker.stop()

    assert is_done, worker.log
    assert office.written() == office.expected() | {"task": [1]}
    assert not office.exists(f"{office.name}.tasks")
    assert (code, office.depth()) == (0, 0)


@POOLS
def test_a_cut_of_our_connection_alone_loses_nothing_and_keeps_order(
    office: Office, broker_url: str, pool: str, proxy: Proxy, proxied_url: str
) -> None:
    office.send(100)
    worker = office.hire(pool, pause_seconds=0.005, broker_url=proxied_url, CELERY_BROKER_URL=broker_url)
    wait_until(lambda: office.count() > 100)
    proxy.cut()
    is_done = wait_until(lambda: office.count() == 400)
    code = worker.stop()

    assert is_done, worker.log
    assert office.written() == office.expected()
    assert len(office.attempts()) == 400
    assert (code, office.depth()) == (0, 0)


def test_tasks_run_while_our_broker_is_away_and_the_log_says_where_it_should_be(
    office: Office, broker_url: str, proxy: Proxy, proxied_url: str
) -> None:
    proxy.most_bytes = 1  # whoever connects is cut off
    worker = office.hire("threads", broker_url=proxied_url, CELERY_BROKER_URL=broker_url)
    office.send(5)
    office.call_task(1, CELERY_BROKER_URL=broker_url)
    ran_alone = wait_until(lambda: office.written() == {"task": [1]})
    proxy.most_bytes = 0
    is_done = wait_until(lambda: office.count() == 21)
    code = worker.stop()

    assert ran_alone, worker.log
    assert "message handlers wait for the broker, next attempt in 1 s: BROKER_URL 'amqp://postroad" in worker.log
    assert str(proxy.port) in worker.log
    assert is_done, worker.log
    assert code == 0


def test_a_worker_of_named_queues_runs_handlers_only_if_told(office: Office) -> None:
    queue = f"{office.name}.x"
    office.send(5)
    tasks_only = office.hire("threads", "-Q", queue)
    refused = office.hire("threads", "--no-handlers", number=2)
    for worker in (tasks_only, refused):
        assert "runs tasks only, no message handlers" in worker.log
        assert worker.stop() == 0
    untouched = office.depth()
    both = office.hire("threads", "-Q", queue, "--handlers", number=3)
    is_done = wait_until(lambda: office.count() == 20)

    assert untouched == 20
    assert is_done, both.log


def test_a_worker_says_once_what_it_does_where_and_when_it_stops(office: Office) -> None:
    worker = office.hire("threads")
    worker.stop()
    told = [line for line in worker.log.splitlines() if "Postroad worker" in line]

    assert len(told) == 2
    for line, verb in zip(told, ("started", "stopped"), strict=True):
        assert f"Postroad worker {verb}" in line
        assert f"message handlers of {office.name}, 4 queues at amqp://postroad" in line
    assert "consuming" not in "".join(line for line in worker.log.splitlines() if "DEBUG" not in line)
