"""Fewer log lines: one a minute for each thing that is wrong, with the number of those left out."""

import threading
import time

MAX_THINGS = 1000
"""Things remembered; a sender that invents more of them is told less often, but cannot make a process grow."""


class Throttle:
    """Says when a line about something is due again.  Concurrency: safe in threads."""

    def __init__(self, *, seconds: float = 60.0) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._told: dict[str, float] = {}
        self._left_out: dict[str, int] = {}

    def due(self, thing: str) -> int | None:
        """Return how many lines were left out since the last one if one is due now, else None."""
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
