"""The end of a worker by SIGTERM: what is under way is finished, and others take over what is not."""

import signal
import time
from collections.abc import Callable

import pytest

from tests.worker.office import PATIENCE_SECONDS, Office, Worker, wait_until

pytestmark = [pytest.mark.broker, pytest.mark.slow]
KEYS = ("a", "b", "c", "d", "e", "f", "g", "h")
TAKEN_OVER_SECONDS = 4.0
"""Gossip, the balance of one second, and a busy machine; see docs/how-to/watch-processes.md for what was measured."""


def share(office: Office) -> Worker:
    """Let a second worker take its share of the five ordered queues; return it."""
    second = office.hire("prefork", "-c", "4", number=2)
    is_shared = wait_until(lambda: sorted(len(own) for own in office.owners().values()) == [2, 3], seconds=20)
    assert is_shared, office.owners()
    return second


def test_idle_queues_are_taken_over_while_the_ending_worker_finishes_what_is_under_way(
    open_office: Callable[[int], Office],
) -> None:
    office = open_office(4)
    first = office.hire("prefork", "-c", "4", number=1)
    may_end = office.folder / "may-end"
    office.call_task(1, until=may_end)
    wait_until(lambda: "task begun" in first.log)
    second = share(office)
    own = office.owners()[first.name]
    keys = tuple(key for key in KEYS if office.queue(key) in own)
    first.process.send_signal(signal.SIGTERM)
    began = time.monotonic()
    office.send(5, keys=keys)
    is_taken_over = wait_until(lambda: office.count() == 5 * len(keys))
    took = time.monotonic() - began
    is_at_work = first.process.poll() is None
    may_end.touch()
    code = first.process.wait(PATIENCE_SECONDS)
    print(f"taken over after {took:.2f} s")

    assert keys
    assert (is_taken_over, is_at_work, code) == (True, True, 0), first.log + second.log
    assert took < TAKEN_OVER_SECONDS
    assert office.written() == office.expected() | {"task": [1]}


def test_a_queue_at_work_is_taken_over_when_its_handler_has_ended_and_nothing_is_handled_twice(
    open_office: Callable[[int], Office],
) -> None:
    office = open_office(4)
    first = office.hire("prefork", "-c", "4", number=1)
    second = share(office)
    own = office.owners()[first.name]
    key = next(key for key in KEYS if office.queue(key) in own)
    office.send(1, keys=(key,), trouble="slow 3")
    wait_until(lambda: len(office.attempts()) == 1)
    first.process.send_signal(signal.SIGTERM)
    office.send(5, keys=(key,))
    wait_until(lambda: office.count() == 1)
    began = time.monotonic()
    is_done = wait_until(lambda: office.count() == 6)
    took = time.monotonic() - began
    code = first.process.wait(30)
    print(f"taken over after {took:.2f} s")

    assert (is_done, code) == (True, 0), first.log + second.log
    assert took < TAKEN_OVER_SECONDS
    assert office.written() == office.expected()
    assert len(office.attempts()) == 6
