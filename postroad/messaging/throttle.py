"""Limits log lines: one a minute for each problem, with the number of lines left out."""

import threading
import time

MAX_THINGS = 1000
"""Maximum problems remembered, so that a sender who causes ever new ones cannot fill the memory."""


class Throttle:
    """Decides when a log line about a problem is due again.  Concurrency: safe in threads."""

    def __init__(self, *, seconds: float = 60.0) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._told: dict[str, float] = {}
        self._left_out: dict[str, int] = {}

    def due(self, thing: str) -> int | None:
        """Return the number of lines left out since the last one if a line is due now, otherwise None."""
        now = time.monotonic()
        with self._lock:
            if thing in self._told and now < self._told[thing] + self._seconds:
                self._left_out[thing] = self._left_out.get(thing, 0) + 1
                return None
            if len(self._told) >= MAX_THINGS:
                self._told.clear()
                self._left_out.clear()
            self._told[thing] = now
            return self._left_out.pop(thing, 0)
