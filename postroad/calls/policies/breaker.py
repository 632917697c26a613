"""The circuit breaker: decides when calls to a failing service are refused, and when it is tried again.  Pure.

CLOSED: calls pass; OPEN once the error rate of the window is reached (and the window holds enough calls).
OPEN: calls are refused at once, until `open_seconds` have passed.
HALF_OPEN: a limited number of probes pass, other calls are refused; the first failed probe opens it again, `probes`
successes close it.
Source: "Circuit breaker", M. Nygard, Release It!; Microservices Patterns, ch. 3; the windows of resilience4j.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from postroad.calls.policies.window import CountWindow, TimeWindow, Window


class State(StrEnum):
    """The state of a breaker: whether calls pass."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRules:
    """When a breaker opens and closes.

    Attributes:
        error_rate: Fraction of failed calls in the window at which it opens, above 0, at most 1.
        min_calls: Minimum calls in the window for the rate to count.
        window_seconds: Length of the window in which calls are counted.
        window_calls: Number of latest calls that the window holds instead; 0: use the time.
        open_seconds: How long it refuses calls before it sends probes.
        probes: Maximum of simultaneous probes, and the number that must succeed.
    """

    error_rate: float = 0.5
    min_calls: int = 10
    window_seconds: float = 10.0
    window_calls: int = 0
    open_seconds: float = 5.0
    probes: int = 3

    def window(self) -> Window:
        """Return an empty window of the chosen kind."""
        if self.window_calls:
            return CountWindow(max(self.window_calls, self.min_calls))
        return TimeWindow(self.window_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The present state of a breaker, for operators and metrics.

    Attributes:
        state: See `State`.
        calls: Calls in the window.
        failures: Failed calls in the window.
        refused: Calls refused since the process began.
        wait_seconds: Until the next probe may pass; 0 unless open.
    """

    state: State
    calls: int
    failures: int
    refused: int
    wait_seconds: float


Permit = NewType("Permit", int)
"""Permission for one call: the number of the state in which it was given, to recognise late results of an earlier state."""


class Breaker:
    """One service's breaker.

    Each permit is returned exactly once, by `record` or `release`.
    Concurrency: safe in threads; `on_move` is called without the lock.
    """

    def __init__(
        self,
        rules: BreakerRules,
        *,
        clock: Callable[[], float] = time.monotonic,
        on_move: Callable[[State, State], None] = lambda before, after: None,
    ) -> None:
        self._rules, self._clock, self._on_move = rules, clock, on_move
        self._lock = threading.Lock()
        self._window = rules.window()
        self._state = State.CLOSED
        self._generation = 0
        self._opened_at = 0.0
        self._probing = self._succeeded = self._refused = 0

    @property
    def is_closed(self) -> bool:
        """Whether calls pass freely."""
        return self._state is State.CLOSED

    def admit(self) -> Permit | None:
        """Return a permit, or None if the call is refused."""
        generation = (
            self._generation
        )  # read before the state: if a move comes between, the permit is of an ended generation and not counted
        if self._state is State.CLOSED:
            return Permit(generation)
        with self._lock:
            before = self._state
            if self._wait_seconds() <= 0 and before is State.OPEN:
                self._enter(State.HALF_OPEN)
            permit = self._probe()
            after = self._state
        self._tell(before, after)
        return permit

    def record(self, permit: Permit, *, is_failure: bool) -> None:
        """Note how a call ended."""
        with self._lock:
            before = self._state
            if permit == self._generation:
                self._count(is_failure=is_failure)
            after = self._state
        self._tell(before, after)

    def release(self, permit: Permit) -> None:
        """Return the permit of a call whose end says nothing about the service, such as a cancelled one."""
        with self._lock:
            if permit == self._generation and self._state is State.HALF_OPEN:
                self._probing -= 1

    def snapshot(self) -> Snapshot:
        """Return the present state."""
        with self._lock:
            calls, failures = self._window.counts(self._clock())
            return Snapshot(
                state=self._state,
                calls=calls,
                failures=failures,
                refused=self._refused,
                wait_seconds=self._wait_seconds(),
            )

    def _wait_seconds(self) -> float:
        if self._state is not State.OPEN:
            return 0.0
        return max(0.0, self._opened_at + self._rules.open_seconds - self._clock())

    def _probe(self) -> Permit | None:
        match self._state:
            case State.CLOSED:
                return Permit(self._generation)
            case State.HALF_OPEN if self._probing + self._succeeded < self._rules.probes:
                self._probing += 1
                return Permit(self._generation)
            case _:
                self._refused += 1
                return None

    def _count(self, *, is_failure: bool) -> None:
        now = self._clock()
        if self._state is State.CLOSED:
            self._window.add(now, is_marked=is_failure)
            if is_failure and self._is_rate_reached(now):
                self._enter(State.OPEN)
            return
        self._probing -= 1
        self._succeeded += not is_failure
        if is_failure:
            self._enter(State.OPEN)
        elif self._succeeded == self._rules.probes:
            self._enter(State.CLOSED)

    def _is_rate_reached(self, now: float) -> bool:
        calls, failures = self._window.counts(now)
        return calls >= self._rules.min_calls and failures >= self._rules.error_rate * calls

    def _enter(self, state: State) -> None:
        self._state = state
        self._generation += 1
        self._probing = self._succeeded = 0
        if state is State.OPEN:
            self._opened_at = self._clock()
        elif state is State.CLOSED:
            self._window.clear()

    def _tell(self, before: State, after: State) -> None:
        if before is not after:
            self._on_move(before, after)
