"""Several workers of one service share its queues."""

from collections.abc import Callable

import pytest

from tests.worker.office import Office, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.slow]
KEYS = [f"key-{number}" for number in range(24)]


def is_spread(office: Office, *counts: int) -> bool:
    return wait_until(lambda: sorted(len(queues) for queues in office.owners().values()) == sorted(counts), seconds=30)


def test_queues_follow_the_workers_without_a_message_twice_or_out_of_order(
    open_office: Callable[[int], Office],
) -> None:
    office = open_office(8)  # and the queue for those who know no shards: nine
    first = office.hire("threads", number=1, pause_seconds=0.004)
    office.send(60, keys=KEYS)
    second = office.hire("threads", number=2, pause_seconds=0.004)
    with_two = is_spread(office, 5, 4)
    third = office.hire("threads", number=3, pause_seconds=0.004)
    with_three = is_spread(office, 3, 3, 3)
    office.send(20, keys=KEYS)
    code = second.stop()
    after_leave = is_spread(office, 5, 4)
    is_done = wait_until(lambda: office.count() == 80 * len(KEYS))

    assert (with_two, with_three, after_leave, code) == (True, True, True, 0), office.owners()
    assert is_done, first.log + third.log
    assert office.written() == office.expected()
    assert len(office.attempts()) == 80 * len(KEYS)
    assert len({attempt[1] for attempt in office.attempts()}) == 3


def test_the_queues_of_a_killed_worker_are_taken_over(open_office: Callable[[int], Office]) -> None:
    office = open_office(4)
    first = office.hire("prefork", number=1, pause_seconds=0.004)
    second = office.hire("prefork", number=2, pause_seconds=0.004)
    is_shared = is_spread(office, 3, 2)
    office.send(40, keys=KEYS)
    wait_until(lambda: office.count() > 200)
    first.kill()
    is_done = wait_until(lambda: office.count() == 40 * len(KEYS))

    assert is_shared
    assert is_done, second.log
    assert office.written() == office.expected()


def test_without_gossip_every_worker_consumes_all_and_order_is_kept(open_office: Callable[[int], Office]) -> None:
    office = open_office(4)
    first = office.hire("threads", "--without-gossip", number=1)
    office.hire("threads", "--without-gossip", number=2)
    office.send(20, keys=KEYS)
    both = is_spread(office, 5, 5)
    first.stop()
    office.send(20, keys=KEYS)

    assert both
    assert wait_until(lambda: office.count() == 40 * len(KEYS))
    assert office.written() == office.expected()
