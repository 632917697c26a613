"""How far a lane is behind: the age of the message that is handled or comes next."""

import math

import pytest

from postroad.messaging.broker import Delivery
from postroad.messaging.inbox import consumer
from postroad.messaging.inbox.consumer import Lane, Outcome, Policy, Result
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
def lane(clock: Clock) -> Lane:
    backoff = Backoff(first_seconds=10.0, ceiling_seconds=60.0)
    return Lane(subscriber="bakery", policy=Policy(batch_messages=1, attempts=3, backoff=backoff))


def offer(lane: Lane, *sent: float) -> None:
    for number, sent_at in enumerate(sent, start=1):
        envelope = Envelope(id=f"id-{sent_at}-{number}", type="bakery.Bake", body=b"{}", sent_at=int(sent_at))
        lane.offer(Delivery(queue="bakery.0", envelope=envelope, tag=number))


def test_an_idle_lane_is_not_behind(lane: Lane, clock: Clock) -> None:
    assert lane.lag_seconds(clock.now) == 0


def test_a_lane_is_as_far_behind_as_the_message_it_handles_is_old_and_the_longer_the_more(
    lane: Lane, clock: Clock
) -> None:
    offer(lane, clock.now - 5, clock.now - 3)
    lane.next_job(math.inf)

    assert [lane.lag_seconds(clock.now + seconds) for seconds in (0, 60, 600)] == [5, 65, 605]


def test_a_lane_that_gets_on_is_as_far_behind_as_the_next_message_and_then_not_at_all(lane: Lane, clock: Clock) -> None:
    offer(lane, clock.now - 5, clock.now - 3)
    lane.next_job(math.inf)
    lane.finish(DONE)
    waiting = lane.lag_seconds(clock.now)
    lane.next_job(math.inf)
    lane.finish(DONE)

    assert (waiting, lane.lag_seconds(clock.now + 60)) == (3, 0)


def test_a_message_that_waits_for_its_next_attempt_holds_the_lane_up(lane: Lane, clock: Clock) -> None:
    offer(lane, clock.now - 5)
    lane.next_job(math.inf)
    lane.finish(Result(outcome=Outcome.FAILED, error="ValueError: no"))

    assert lane.lag_seconds(clock.now + 7) == 12


def test_a_message_without_a_time_is_as_old_as_the_lane_has_not_got_on(lane: Lane, clock: Clock) -> None:
    offer(lane, 0, 0)
    clock.now += 4
    lane.next_job(math.inf)
    first = lane.lag_seconds(clock.now)
    lane.finish(DONE)
    lane.next_job(math.inf)

    assert (first, lane.lag_seconds(clock.now), lane.lag_seconds(clock.now + 9)) == (4, 0, 9)


def test_a_sender_whose_clock_is_ahead_makes_no_negative_age(lane: Lane, clock: Clock) -> None:
    offer(lane, clock.now + 100)

    assert lane.lag_seconds(clock.now) == 0


def test_what_a_lost_connection_takes_back_is_no_longer_ours(lane: Lane, clock: Clock) -> None:
    offer(lane, clock.now - 5)
    lane.forget()

    assert lane.lag_seconds(clock.now) == 0
