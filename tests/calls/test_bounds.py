import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.calls.policies.budget import WINDOW_SECONDS, RetryBudget
from postroad.calls.proxy import client_of
from postroad.calls.transport import Answer, Outgoing
from postroad.errors import BulkheadFull
from tests.support.calls import A_LOAF, Bakery, Clock, Scripted, policy


class _Gate(Scripted):
    """Holds every call until it is opened, and counts them."""

    def __init__(self, expected: int) -> None:
        super().__init__(Answer(status=200, body=A_LOAF))
        self._lock = threading.Lock()
        self._expected = expected
        self.inside = self.most_inside = 0
        self.is_full, self.opened = threading.Event(), threading.Event()

    def send(self, outgoing: Outgoing, timeout_seconds: float) -> Answer:  # type: ignore[explicit-override]  # a test
        with self._lock:
            self.inside += 1
            self.most_inside = max(self.most_inside, self.inside)
            if self.inside == self._expected:
                self.is_full.set()
        assert self.opened.wait(10)
        with self._lock:
            self.inside -= 1
        return super().send(outgoing, timeout_seconds)


def test_of_fifty_calls_at_once_as_many_pass_as_may_and_the_rest_is_refused_at_once() -> None:
    gate, shared = _Gate(expected=8), policy(maximum=8)
    bakery = client_of(Bakery, transport=gate, policy=lambda _: shared)

    with ThreadPoolExecutor(50) as threads:
        futures = [threads.submit(bakery.loaf, 7) for _ in range(50)]
        assert gate.is_full.wait(10)
        refused = [future.exception(10) for future in _first_done(futures, 42)]
        gate.opened.set()

    assert [type(error) for error in refused] == [BulkheadFull] * 42
    assert gate.most_inside == 8
    assert sum(future.exception() is None for future in futures) == 8
    assert shared.bulkhead.outstanding == 0


def _first_done(futures: list, count: int) -> list:  # type: ignore[type-arg]  # of whatever
    """Return the calls that ended while the gate was shut."""
    done: list = []  # type: ignore[type-arg]  # as above
    condition = threading.Condition()

    def add(future: object) -> None:
        with condition:
            done.append(future)
            condition.notify()

    for future in futures:
        future.add_done_callback(add)
    with condition:
        assert condition.wait_for(lambda: len(done) >= count, timeout=10)
        return list(done)


def test_a_refused_call_says_which_bound_it_met() -> None:
    shared = policy(maximum=1)
    bakery = client_of(Bakery, transport=Scripted(Answer(status=200, body=A_LOAF)), policy=lambda _: shared)

    with shared.bulkhead, pytest.raises(BulkheadFull, match=r"bakery: 1 calls are outstanding.*CALL_BULKHEAD"):
        bakery.loaf(7)


def test_a_full_bulkhead_says_nothing_about_the_service() -> None:
    shared = policy(maximum=1)
    bakery = client_of(Bakery, transport=Scripted(Answer(status=200, body=A_LOAF)), policy=lambda _: shared)

    with shared.bulkhead, pytest.raises(BulkheadFull):
        bakery.loaf(7)

    assert shared.breaker.snapshot().calls == 0


def test_a_budget_gives_its_least_and_no_more_without_calls() -> None:
    budget = RetryBudget(ratio=0.1, minimum=3, clock=Clock())

    assert [budget.spend() for _ in range(5)] == [True, True, True, False, False]


def test_a_budget_grows_with_the_calls_and_is_new_after_its_window() -> None:
    clock = Clock()
    budget = RetryBudget(ratio=0.5, minimum=0, clock=clock)
    for _ in range(4):
        budget.note_call()

    spent = [budget.spend() for _ in range(3)]
    clock.now += WINDOW_SECONDS
    budget.note_call()
    budget.note_call()

    assert spent == [True, True, False]
    assert [budget.spend(), budget.spend()] == [True, False]


@given(st.lists(st.booleans(), max_size=200), st.floats(0, 1), st.integers(0, 5))
def test_retries_never_exceed_the_budget(history: list[bool], ratio: float, minimum: int) -> None:
    budget = RetryBudget(ratio=ratio, minimum=minimum, clock=Clock())

    spent = [budget.spend() for is_retry in history if is_retry or budget.note_call()]  # type: ignore[func-returns-value]  # in turn

    assert sum(spent) <= minimum + ratio * history.count(False)
