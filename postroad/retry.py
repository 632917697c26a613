"""The back-off policy of relay, consumer and calls: the wait before the next attempt."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Exponential back-off with a ceiling.

    Attributes:
        first_seconds: Wait after the first failure.
        factor: Growth from one wait to the next.
        ceiling_seconds: Longest wait.
    """

    first_seconds: float
    ceiling_seconds: float
    factor: float = 2.0

    def delay(self, failures: int) -> float:
        """Return the seconds to wait after `failures` failures in a row (0 failures: no wait)."""
        if failures <= 0:
            return 0.0
        exponent = min(failures - 1, 60)  # so that the power cannot overflow
        return min(self.first_seconds * self.factor**exponent, self.ceiling_seconds)

    def jittered(self, failures: int) -> float:
        """Return a random wait between 0 and `delay(failures)`, so that callers do not try again at the same time.

        Source: "full jitter", AWS Architecture Blog, "Exponential Backoff And Jitter", 2015.
        """
        return random.random() * self.delay(failures)  # noqa: S311 - no secret
