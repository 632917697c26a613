"""The policy of a call, the same for sync and async: deadline → bulkhead → breaker → retry → one attempt after another.

Pure: `Policy.steps` is a generator that yields the next step (an attempt, a wait); the two drivers in `drivers` run it,
and send the answer or throw the error into the generator.

Breaker and retry count the same failures: no connection, no answer in time, 429 and 5xx.  4xx is an answer.
A call that is not idempotent is repeated only if there was no connection: then nothing was sent.
"""

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

from postroad.calls import deadline
from postroad.calls.policies.breaker import Breaker, Permit
from postroad.calls.policies.budget import RetryBudget
from postroad.calls.policies.bulkhead import Bulkhead
from postroad.calls.transport import Answer
from postroad.errors import BreakerOpen, CallFailed, DeadlineExceeded, NotReached, ServiceUnavailable
from postroad.retry import Backoff

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Attempt:
    """A step: send the call and wait for its answer, up to a time limit."""

    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait."""

    seconds: float


Effect = Attempt | Wait
Outcome = Answer | None
"""The result of a step: the answer of an attempt, None after a wait."""

Steps = Generator[Effect, Outcome, T]

BACKOFF = Backoff(first_seconds=0.02, ceiling_seconds=0.5)
"""Waits between attempts: short compared with a deadline of a second; with jitter, half of it on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The policy for one service; all proxies and threads of the process share its state.

    Attributes:
        service: The called service.
        bulkhead: Limits outstanding calls.
        breaker: Refuses calls to a failing service.
        budget: Limits retries.
        attempts: Maximum attempts of one call.
        deadline_seconds: Time of a call that declares no deadline.
    """

    service: str
    bulkhead: Bulkhead
    breaker: Breaker
    budget: RetryBudget
    attempts: int = 3
    deadline_seconds: float = 1.0
    backoff: Backoff = BACKOFF
    clock: Callable[[], float] = time.monotonic

    def steps(self, call: str, *, is_idempotent: bool, deadline_seconds: float | None = None) -> Steps[Answer]:
        """Yield the steps of one call; the result is an answer with a status below 500, but not 429.

        Raises:
            DeadlineExceeded: The time is used up, possibly before anything was sent.
            BulkheadFull, BreakerOpen: The call was refused at once.
            ServiceUnavailable: The last attempt failed.
        """
        expires_at = self._expires_at(call, deadline_seconds)
        with self.bulkhead:
            permit = self._permit(call)
            is_failure = None
            try:
                answer = yield from self._attempts(call, expires_at, is_idempotent=is_idempotent)
                is_failure = False
            except CallFailed:
                is_failure = True
                raise
            finally:
                self._settle(permit, is_failure=is_failure)
        return answer

    def _expires_at(self, call: str, deadline_seconds: float | None) -> float:
        now = self.clock()
        own, around = now + (deadline_seconds or self.deadline_seconds), deadline.expires_at()
        if around is None:
            return own
        if around <= now:
            raise DeadlineExceeded(f"{call}: the caller's own time is used up; nothing was sent.")
        return min(own, around)

    def _permit(self, call: str) -> Permit:
        permit = self.breaker.admit()
        if permit is None:
            wait = self.breaker.snapshot().wait_seconds
            raise BreakerOpen(
                f"{call}: too many calls to {self.service} failed; it is not called for another {wait:.1f} s."
            )
        return permit

    def _settle(self, permit: Permit, *, is_failure: bool | None) -> None:
        if is_failure is None:
            self.breaker.release(permit)
        else:
            self.breaker.record(permit, is_failure=is_failure)

    def _attempts(self, call: str, expires_at: float, *, is_idempotent: bool) -> Steps[Answer]:
        self.budget.note_call()
        failure: CallFailed = DeadlineExceeded(f"{call}: the time was used up before anything was sent.")
        for attempt in range(1, self.attempts + 1):
            left = expires_at - self.clock()
            if left <= 0:
                break
            try:
                answer = yield Attempt(left)
                return answered(call, answer)
            except CallFailed as error:
                failure = error
            wait = self.backoff.jittered(attempt)
            is_safe = is_idempotent or isinstance(failure, NotReached)
            if attempt == self.attempts or not is_safe or not self._may_retry(expires_at - wait):
                break
            yield Wait(wait)
        raise failure

    def _may_retry(self, latest: float) -> bool:
        return self.breaker.is_closed and self.clock() < latest and self.budget.spend()


def answered(call: str, answer: Outcome) -> Answer:
    """Return the answer if it does not count as a failure.

    Raises:
        CallFailed: It counts as a failure: 429 or 5xx.
    """
    match answer:
        case None:
            raise ServiceUnavailable(f"{call}: the attempt returned no answer.")
        case Answer(status=504):
            raise DeadlineExceeded(f"{call}: the service says its time is used up (504).")
        case Answer(status=status) if status == 429 or status >= 500:
            raise ServiceUnavailable(f"{call}: the service answered {status}.")
    return answer
