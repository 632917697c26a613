from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from postroad.calls.policies.breaker import Breaker, BreakerRules, Permit, State
from tests.support.calls import Clock

RULES = BreakerRules(error_rate=0.5, min_calls=4, window_seconds=10.0, open_seconds=5.0, probes=2)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(RULES, clock=clock)


def _call(breaker: Breaker, outcomes: str) -> None:
    """Make calls: an x fails, a point succeeds."""
    for outcome in outcomes:
        permit = breaker.admit()
        assert permit is not None
        breaker.record(permit, is_failure=outcome == "x")


def test_it_opens_once_the_error_rate_is_reached(breaker: Breaker) -> None:
    _call(breaker, "..xx")

    assert breaker.snapshot().state is State.OPEN
    assert breaker.admit() is None


def test_few_calls_do_not_open_it_even_if_all_fail(breaker: Breaker) -> None:
    _call(breaker, "xxx")

    assert breaker.is_closed


def test_a_rate_below_the_limit_does_not_open_it(breaker: Breaker) -> None:
    _call(breaker, "...xx")

    assert breaker.is_closed


def test_failures_older_than_the_window_are_forgotten(breaker: Breaker, clock: Clock) -> None:
    _call(breaker, "xxx")
    clock.now += RULES.window_seconds

    _call(breaker, "x")

    assert breaker.is_closed
    assert breaker.snapshot().calls == 1


def test_a_window_of_calls_forgets_by_number_and_not_by_time(clock: Clock) -> None:
    breaker = Breaker(BreakerRules(error_rate=0.5, min_calls=2, window_calls=4), clock=clock)

    _call(breaker, "x....x")

    assert (breaker.snapshot().calls, breaker.snapshot().failures) == (4, 1)
    assert breaker.is_closed


def test_it_says_how_long_it_stays_open(breaker: Breaker, clock: Clock) -> None:
    _call(breaker, "xxxx")
    clock.now += 2

    assert breaker.snapshot().wait_seconds == pytest.approx(3.0)


def test_after_a_while_a_bounded_number_of_probes_pass(breaker: Breaker, clock: Clock) -> None:
    _call(breaker, "xxxx")
    clock.now += RULES.open_seconds

    assert [breaker.admit() is not None for _ in range(5)] == [True, True, False, False, False]
    assert breaker.snapshot().state is State.HALF_OPEN


def test_good_probes_close_it_and_the_past_is_forgotten(breaker: Breaker, clock: Clock) -> None:
    _call(breaker, "xxxx")
    clock.now += RULES.open_seconds

    _call(breaker, "..")

    assert breaker.is_closed
    assert breaker.snapshot().calls == 0


def test_a_failed_probe_opens_it_for_another_while(breaker: Breaker, clock: Clock) -> None:
    _call(breaker, "xxxx")
    clock.now += RULES.open_seconds

    _call(breaker, ".x")

    assert breaker.admit() is None
    assert breaker.snapshot().wait_seconds == RULES.open_seconds


def test_the_place_of_an_abandoned_probe_is_free_again(breaker: Breaker, clock: Clock) -> None:
    _call(breaker, "xxxx")
    clock.now += RULES.open_seconds
    first, second = breaker.admit(), breaker.admit()
    assert first is not None
    assert second is not None

    breaker.release(first)

    assert breaker.admit() is not None


def test_a_late_result_of_a_call_from_before_it_opened_changes_nothing(breaker: Breaker, clock: Clock) -> None:
    late = breaker.admit()
    assert late is not None
    _call(breaker, "xxxx")
    clock.now += RULES.open_seconds
    probe = breaker.admit()

    breaker.record(late, is_failure=True)

    assert probe is not None
    assert breaker.snapshot().state is State.HALF_OPEN


def test_every_move_is_told(clock: Clock) -> None:
    moves: list[tuple[State, State]] = []
    breaker = Breaker(RULES, clock=clock, on_move=lambda before, after: moves.append((before, after)))

    _call(breaker, "xxxx")
    clock.now += RULES.open_seconds
    _call(breaker, "..")

    assert moves == [
        (State.CLOSED, State.OPEN),
        (State.OPEN, State.HALF_OPEN),
        (State.HALF_OPEN, State.CLOSED),
    ]


class AnyHistory(RuleBasedStateMachine):
    """Calls that start, succeed, fail, are abandoned or come late, in any order."""

    @initialize(
        rules=st.builds(
            BreakerRules,
            error_rate=st.sampled_from([0.1, 0.5, 1.0]),
            min_calls=st.integers(1, 5),
            window_seconds=st.just(10.0),
            window_calls=st.sampled_from([0, 6]),
            open_seconds=st.just(5.0),
            probes=st.integers(1, 3),
        )
    )
    def begin(self, rules: BreakerRules) -> None:
        self.clock, self.limits = Clock(), rules
        self.breaker = Breaker(rules, clock=self.clock, on_move=self._moved)
        self.state = State.CLOSED
        self.under_way: list[tuple[Permit, State]] = []
        self.opened_at = 0.0
        self.before_record = (0, 0)

    def _moved(self, before: State, after: State) -> None:
        assert before is self.state
        if (before, after) == (State.CLOSED, State.OPEN):
            calls, failures = self.before_record
            assert calls + 1 >= self.limits.min_calls
            assert failures + 1 >= self.limits.error_rate * (calls + 1) - 1  # a window of calls also drops one
        if (before, after) == (State.OPEN, State.HALF_OPEN):
            assert self.clock.now >= self.opened_at + self.limits.open_seconds
        if after is State.OPEN:
            self.opened_at = self.clock.now
        self.state = after

    @rule(seconds=st.sampled_from([0.0, 0.5, 1.0, 4.9, 5.0, 20.0]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    @rule()
    def start(self) -> None:
        permit = self.breaker.admit()
        if permit is not None:
            self.under_way.append((permit, self.state))

    def _end(self, data: st.DataObject) -> Permit:
        return self.under_way.pop(data.draw(st.integers(0, len(self.under_way) - 1)))[0]

    @precondition(lambda self: self.under_way)
    @rule(data=st.data(), is_failure=st.booleans())
    def record(self, data: st.DataObject, *, is_failure: bool) -> None:
        seen = self.breaker.snapshot()
        self.before_record = (seen.calls, seen.failures)
        self.breaker.record(self._end(data), is_failure=is_failure)

    @precondition(lambda self: self.under_way)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        self.breaker.release(self._end(data))

    @invariant()
    def probes_are_bounded(self) -> None:
        newest = max((permit for permit, _ in self.under_way), default=None)
        probing = [permit for permit, state in self.under_way if state is State.HALF_OPEN and permit == newest]
        assert len(probing) <= self.limits.probes

    @invariant()
    def an_open_breaker_refuses(self) -> None:
        seen = self.breaker.snapshot()
        assert seen.state is self.state
        assert seen.wait_seconds == 0 or seen.state is State.OPEN


TestAnyHistory: type = AnyHistory.TestCase


@given(st.lists(st.booleans(), max_size=60))
def test_it_opens_exactly_when_the_rate_is_first_reached(outcomes: list[bool]) -> None:
    breaker = Breaker(BreakerRules(error_rate=0.5, min_calls=5), clock=Clock())
    reached = [
        count for count in range(5, len(outcomes) + 1) if outcomes[count - 1] and sum(outcomes[:count]) >= 0.5 * count
    ]

    opened = _calls_until_open(breaker.admit, breaker.record, outcomes)

    assert opened == (reached[0] if reached else None)


def _calls_until_open(
    admit: Callable[[], Permit | None], record: Callable[..., None], outcomes: list[bool]
) -> int | None:
    for count, is_failure in enumerate(outcomes):
        permit = admit()
        if permit is None:
            return count
        record(permit, is_failure=is_failure)
    return None if admit() is not None else len(outcomes)
