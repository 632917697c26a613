import asyncio
from collections.abc import Callable
from contextlib import closing
from inspect import GEN_CLOSED, getgeneratorstate

import pytest

from postroad.calls import deadline
from postroad.calls.policies.breaker import BreakerRules
from postroad.calls.policies.drivers import run, run_async
from postroad.calls.policies.policy import Attempt, Policy, Steps, Wait
from postroad.calls.transport import Answer
from postroad.errors import BreakerOpen, CallFailed, DeadlineExceeded, NotReached, ServiceUnavailable
from tests.support.calls import Clock, policy

GOOD = Answer(status=200, body=b"{}")
DOWN = ServiceUnavailable("bakery: nobody answers")


def _conduct(
    steps: Steps[Answer], *outcomes: Answer | CallFailed, after_each: Callable[[], None] = lambda: None
) -> tuple[Answer | CallFailed, list[float]]:
    """Conduct a call with scripted outcomes; return its end and the time each attempt had."""
    script, times = list(outcomes), []

    def send(timeout_seconds: float) -> Answer:
        times.append(timeout_seconds)
        after_each()
        outcome = script.pop(0)
        if isinstance(outcome, CallFailed):
            raise outcome
        return outcome

    try:
        return run(steps, send, sleep=lambda _: None), times
    except CallFailed as failure:
        return failure, times


@pytest.fixture
def clock() -> Clock:
    return Clock()


def _steps(policy: Policy, *, is_idempotent: bool = True, seconds: float | None = 1.0) -> Steps[Answer]:
    return policy.steps("bakery.loaf", is_idempotent=is_idempotent, deadline_seconds=seconds)


def test_a_good_answer_needs_one_attempt_with_the_whole_time(clock: Clock) -> None:
    assert _conduct(_steps(policy(clock=clock)), GOOD) == (GOOD, [1.0])


def test_an_idempotent_call_is_tried_again_after_a_failure(clock: Clock) -> None:
    end, times = _conduct(_steps(policy(clock=clock)), DOWN, Answer(status=503), GOOD)

    assert (end, len(times)) == (GOOD, 3)


def test_the_last_failure_is_what_the_caller_gets(clock: Clock) -> None:
    end, times = _conduct(_steps(policy(clock=clock, attempts=2)), DOWN, Answer(status=500))

    assert isinstance(end, ServiceUnavailable)
    assert "answered 500" in str(end)
    assert len(times) == 2


def test_a_call_that_is_not_idempotent_is_sent_once(clock: Clock) -> None:
    assert _conduct(_steps(policy(clock=clock), is_idempotent=False), DOWN, GOOD) == (DOWN, [1.0])


def test_a_call_that_reached_nobody_is_made_again_whatever_it_does(clock: Clock) -> None:
    unreached = NotReached("nobody answers")

    assert _conduct(_steps(policy(clock=clock), is_idempotent=False), unreached, GOOD) == (GOOD, [1.0, 1.0])
    assert _conduct(_steps(policy(clock=clock), is_idempotent=False), unreached, DOWN, GOOD) == (DOWN, [1.0, 1.0])


def test_without_budget_nothing_is_tried_again(clock: Clock) -> None:
    end, times = _conduct(_steps(policy(clock=clock, minimum=0)), DOWN, GOOD)

    assert (end, len(times)) == (DOWN, 1)


def test_between_attempts_there_is_a_wait(clock: Clock) -> None:
    with closing(_steps(policy(clock=clock))) as steps:
        first = next(steps)
        second = steps.throw(DOWN)

    assert isinstance(first, Attempt)
    assert isinstance(second, Wait)


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422])
def test_a_no_of_the_service_is_an_answer_and_no_failure(clock: Clock, status: int) -> None:
    shared = policy(clock=clock)

    end, times = _conduct(_steps(shared), Answer(status=status))

    assert end == Answer(status=status)
    assert len(times) == 1
    assert (shared.breaker.snapshot().calls, shared.breaker.snapshot().failures) == (1, 0)


@pytest.mark.parametrize(
    "outcome", [DOWN, DeadlineExceeded("x"), *(Answer(status=each) for each in (429, 500, 503, 504))]
)
def test_what_brings_no_answer_counts_as_a_failure(clock: Clock, outcome: Answer | CallFailed) -> None:
    shared = policy(clock=clock, attempts=1)

    end, _ = _conduct(_steps(shared), outcome)

    assert isinstance(end, CallFailed)
    assert shared.breaker.snapshot().failures == 1


def test_a_call_with_retries_counts_once(clock: Clock) -> None:
    shared = policy(clock=clock)

    _conduct(_steps(shared), DOWN, DOWN, GOOD)

    assert (shared.breaker.snapshot().calls, shared.breaker.snapshot().failures) == (1, 0)


def test_every_attempt_has_only_what_is_left_of_the_time(clock: Clock) -> None:
    def half_a_second() -> None:
        clock.now += 0.4

    _, times = _conduct(_steps(policy(clock=clock)), DOWN, DOWN, DOWN, after_each=half_a_second)

    assert times == pytest.approx([1.0, 0.6, 0.2])


def test_nothing_is_tried_again_beyond_the_deadline(clock: Clock) -> None:
    def two_seconds() -> None:
        clock.now += 2

    end, times = _conduct(_steps(policy(clock=clock)), DOWN, GOOD, after_each=two_seconds)

    assert (end, len(times)) == (DOWN, 1)


def test_a_call_without_deadline_of_its_own_has_the_services(clock: Clock) -> None:
    _, times = _conduct(_steps(policy(clock=clock), seconds=None), GOOD)

    assert times == [1.0]


def test_the_callers_remaining_time_wins_when_it_is_shorter() -> None:
    with deadline.within(0.3):
        _, times = _conduct(_steps(policy()), GOOD)

    assert 0.2 < times[0] <= 0.3


def test_the_calls_own_time_wins_when_it_is_shorter() -> None:
    with deadline.within(60):
        _, times = _conduct(_steps(policy()), GOOD)

    assert 0.9 < times[0] <= 1.0


def test_a_caller_without_time_left_is_refused_before_anything_is_sent() -> None:
    shared = policy()

    with deadline.within(-1):
        end, times = _conduct(_steps(shared), GOOD)

    assert isinstance(end, DeadlineExceeded)
    assert times == []
    assert shared.breaker.snapshot().calls == 0


def test_an_open_breaker_refuses_at_once_with_the_time_to_wait(clock: Clock) -> None:
    shared = policy(clock=clock, attempts=1, rules=BreakerRules(min_calls=1))
    _conduct(_steps(shared), DOWN)

    end, times = _conduct(_steps(shared), GOOD)

    assert isinstance(end, BreakerOpen)
    assert "not called for another 5.0 s" in str(end)
    assert times == []


def test_a_probe_is_not_tried_again(clock: Clock) -> None:
    shared = policy(clock=clock, rules=BreakerRules(min_calls=1))
    _conduct(_steps(shared), DOWN, DOWN, DOWN)
    clock.now += 5

    _, times = _conduct(_steps(shared), DOWN, GOOD)

    assert len(times) == 1


def test_an_abandoned_call_gives_its_place_and_its_probe_back(clock: Clock) -> None:
    shared = policy(clock=clock, maximum=1, rules=BreakerRules(min_calls=1, probes=1))
    _conduct(_steps(shared), DOWN, DOWN, DOWN)
    clock.now += 5

    with closing(_steps(shared)) as abandoned:
        next(abandoned)
        taken = shared.bulkhead.outstanding

    assert (taken, shared.bulkhead.outstanding) == (1, 0)
    assert _conduct(_steps(shared), GOOD)[0] == GOOD
    assert shared.breaker.is_closed


def test_when_no_time_is_left_there_is_no_wait_and_no_budget_spent(clock: Clock) -> None:
    shared = policy(clock=clock, minimum=1)

    with closing(_steps(shared)) as steps:
        next(steps)
        clock.now += 2
        with pytest.raises(ServiceUnavailable):
            steps.throw(DOWN)

    assert shared.budget.spend()


def test_whatever_ends_a_call_in_a_thread_ends_its_steps() -> None:
    def interrupted(_: float) -> Answer:
        raise KeyboardInterrupt

    steps = _steps(policy())
    with pytest.raises(KeyboardInterrupt):
        run(steps, interrupted)

    assert getgeneratorstate(steps) == GEN_CLOSED


def test_whatever_ends_a_call_in_a_task_ends_its_steps() -> None:
    async def cancelled(_: float) -> Answer:
        raise asyncio.CancelledError

    steps = _steps(policy())
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run_async(steps, cancelled))

    assert getgeneratorstate(steps) == GEN_CLOSED
