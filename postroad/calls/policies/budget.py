"""The retry budget: limits the retries to a service, so that they do not overload it.  Pure.

Source: "Handling Overload", Site Reliability Engineering, ch. 21; the retry budgets of Finagle and Linkerd.
"""

import threading
import time
from collections.abc import Callable

from postroad.calls.policies.window import TimeWindow

WINDOW_SECONDS = 10.0
"""Length of the window in which calls and retries are counted: Finagle's and Linkerd's default."""


class RetryBudget:
    """One service's budget: retries are at most `least + ratio * calls` of the last ten seconds.

    Concurrency: safe in threads.
    """

    def __init__(self, *, ratio: float, minimum: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._ratio, self._minimum, self._clock = ratio, minimum, clock
        self._lock = threading.Lock()
        self._window = TimeWindow(WINDOW_SECONDS)

    def note_call(self) -> None:
        """Count a call's first attempt."""
        with self._lock:
            self._window.add(self._clock(), is_marked=False)

    def spend(self) -> bool:
        """Count one retry if the budget allows it; otherwise return False."""
        with self._lock:
            now = self._clock()
            total, retries = self._window.counts(now)
            if retries + 1 > self._minimum + self._ratio * (total - retries):
                return False
            self._window.add(now, is_marked=True)
            return True
