"""How far a queue is behind: the age of the message that is handled or comes next."""

import math

import pytest

from postroad.messaging.broker import Delivery
from postroad.messaging.inbox import consumer
from postroad.messaging.inbox.consumer import JobQueue, Outcome, Policy, Result
from postroad.messaging.message import Envelope
from postroad.retry import Backoff

DONE = Result(outcome=Outcome.DONE)


class Clock:
    now = 1_800_000_000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(consumer.time, "time", lambda: clock.now)
    return clock


@pytest.fixture
def jobs(clock: Clock) -> JobQueue:
    backoff = Backoff(first_seconds=10.0, ceiling_seconds=60.0)
    return JobQueue(subscriber="bakery", policy=Policy(batch_messages=1, attempts=3, backoff=backoff))


def offer(jobs: JobQueue, *sent: float) -> None:
    for number, sent_at in enumerate(sent, start=1):
        envelope = Envelope(id=f"id-{sent_at}-{number}", type="bakery.Bake", body=b"{}", sent_at=int(sent_at))
        jobs.offer(Delivery(queue="bakery.0", envelope=envelope, tag=number))


def test_an_idle_queue_is_not_behind(jobs: JobQueue, clock: Clock) -> None:
    assert jobs.lag_seconds(clock.now) == 0


def test_a_queue_is_as_far_behind_as_the_message_it_handles_is_old_and_the_longer_the_more(
    jobs: JobQueue, clock: Clock
) -> None:
    offer(jobs, clock.now - 5, clock.now - 3)
    jobs.next_job(math.inf)

    assert [jobs.lag_seconds(clock.now + seconds) for seconds in (0, 60, 600)] == [5, 65, 605]


def test_a_queue_that_makes_progress_is_as_far_behind_as_the_next_message_and_then_not_at_all(
    jobs: JobQueue, clock: Clock
) -> None:
    offer(jobs, clock.now - 5, clock.now - 3)
    jobs.next_job(math.inf)
    jobs.finish(DONE)
    waiting = jobs.lag_seconds(clock.now)
    jobs.next_job(math.inf)
    jobs.finish(DONE)

    assert (waiting, jobs.lag_seconds(clock.now + 60)) == (3, 0)


def test_a_message_that_waits_for_its_next_attempt_holds_the_queue_up(jobs: JobQueue, clock: Clock) -> None:
    offer(jobs, clock.now - 5)
    jobs.next_job(math.inf)
    jobs.finish(Result(outcome=Outcome.FAILED, error="ValueError: no"))

    assert jobs.lag_seconds(clock.now + 7) == 12


def test_a_message_without_a_time_is_as_old_as_the_queue_made_no_progress(jobs: JobQueue, clock: Clock) -> None:
    offer(jobs, 0, 0)
    clock.now += 4
    jobs.next_job(math.inf)
    first = jobs.lag_seconds(clock.now)
    jobs.finish(DONE)
    jobs.next_job(math.inf)

    assert (first, jobs.lag_seconds(clock.now), jobs.lag_seconds(clock.now + 9)) == (4, 0, 9)


def test_a_sender_whose_clock_is_ahead_makes_no_negative_age(jobs: JobQueue, clock: Clock) -> None:
    offer(jobs, clock.now + 100)

    assert jobs.lag_seconds(clock.now) == 0


def test_what_a_lost_connection_takes_back_is_no_longer_ours(jobs: JobQueue, clock: Clock) -> None:
    offer(jobs, clock.now - 5)
    jobs.forget()

    assert jobs.lag_seconds(clock.now) == 0
