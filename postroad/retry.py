"""How long to wait before the next attempt: one back-off policy for relay, consumer and calls."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Exponential back-off with a ceiling.

    Attributes:
        first_seconds: Wait after the first failure.
        factor: Growth from one wait to the next.
        ceiling_seconds: No wait is longer.
    """

    first_seconds: float
    ceiling_seconds: float
    factor: float = 2.0

    def delay(self, failures: int) -> float:
        """Return the seconds to wait after `failures` failures in a row (0 failures: no wait)."""
        if failures <= 0:
            return 0.0
        exponent = min(failures - 1, 60)  # beyond 60 doublings a float only grows useless
        return min(self.first_seconds * self.factor**exponent, self.ceiling_seconds)

    def jittered(self, failures: int) -> float:
        """Return a random wait between none and `delay(failures)`, so that callers do not come back together.

        Source: "full jitter", AWS Architecture Blog, "Exponential Backoff And Jitter", 2015.
        """
        return random.random() * self.delay(failures)  # noqa: S311 - no secret
