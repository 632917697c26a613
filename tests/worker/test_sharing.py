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
    office.send(40, keys=KEYS)
    wait_until(lambda: len({attempt[1] for attempt in office.attempts()}) == 3)
    code = second.stop()
    after_leave = is_spread(office, 5, 4)
    is_done = wait_until(lambda: office.count() == 100 * len(KEYS))

    assert (with_two, with_three, after_leave, code) == (True, True, True, 0), office.owners()
    assert is_done, first.log + third.log
    assert office.written() == office.expected()
    assert len(office.attempts()) == 100 * len(KEYS)
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


def test_two_services_and_a_stranger_on_one_virtual_host_with_the_same_node_names_are_all_served(
    open_office: Callable[[int], Office],
) -> None:
    one, other = open_office(4), open_office(4)
    workers = [office.hire("threads", "-n", "celery@test") for office in (one, other)]
    stranger = one.hire_stranger(node=f"{one.name}-7@test")
    namesake = one.hire_stranger(node="celery@test")
    wait_until(lambda: False, seconds=6)  # long enough for everybody to hear of everybody
    for office in (one, other):
        office.send(5, keys=KEYS)
    is_done = wait_until(lambda: one.count() + other.count() == 10 * len(KEYS), seconds=30)

    assert is_done, workers[0].log + workers[1].log
    assert (one.written(), other.written()) == (one.expected(), other.expected())
    assert (stranger.process.poll(), namesake.process.poll()) == (None, None)
    assert not any("handing over" in worker.log for worker in workers)


def test_workers_of_one_service_share_its_queues_although_their_node_names_are_the_same(
    open_office: Callable[[int], Office],
) -> None:
    office = open_office(4)
    workers = [office.hire("threads", "-n", "celery@test", number=number) for number in (1, 2)]
    is_shared = wait_until(lambda: "handing over" in workers[0].log and "handing over" in workers[1].log, seconds=20)
    office.send(10, keys=KEYS)

    assert is_shared, workers[0].log + workers[1].log
    assert wait_until(lambda: office.count() == 10 * len(KEYS))
    assert office.written() == office.expected()
    assert len({attempt[1] for attempt in office.attempts()}) == 2


def test_a_worker_removes_what_only_an_earlier_release_bound_once_no_worker_of_that_runs(
    open_office: Callable[[int], Office],
) -> None:
    office = open_office(1)
    at_once = {"POSTROAD_STALE_BINDING_SECONDS": "0"}
    old = office.hire("threads", number=1, NOTES_EVENTS="Happened Other", **at_once)
    new = office.hire("threads", number=2, NOTES_EVENTS="Happened", **at_once)
    wait_until(lambda: "bindings removed" in new.log, seconds=15)  # longer than a worker listens before it removes
    while_both_run = office.is_bound("notes.Other")
    old.stop()
    third = office.hire("threads", number=3, NOTES_EVENTS="Happened", **at_once)
    is_removed = wait_until(lambda: "bindings removed" in third.log + new.log, seconds=30)

    assert while_both_run
    assert is_removed, third.log
    assert (office.is_bound("notes.Happened"), office.is_bound("notes.Other")) == (True, False)
    assert office.parked() == []
