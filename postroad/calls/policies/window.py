"""The sliding windows in which breaker and retry budget count calls, and how many of them are marked.  Pure.

Not thread-safe: callers must hold a lock.
"""

from collections import deque
from typing import NamedTuple, Protocol

from typing_extensions import override


class Counts(NamedTuple):
    """The content of a window: `marked` of `total` calls."""

    total: int
    marked: int


class Window(Protocol):
    """Counts calls and forgets the old ones; `now` is in seconds and never goes back."""

    def add(self, now: float, *, is_marked: bool) -> None:
        """Count one call."""
        ...

    def counts(self, now: float) -> Counts:
        """Return the counts of the calls that are still in the window."""
        ...

    def clear(self) -> None:
        """Forget everything."""
        ...


class CountWindow(Window):
    """The last `calls` calls, however old."""

    def __init__(self, calls: int) -> None:
        self._marks: deque[bool] = deque(maxlen=calls)

    @override
    def add(self, now: float, *, is_marked: bool) -> None:
        self._marks.append(is_marked)

    @override
    def counts(self, now: float) -> Counts:
        return Counts(len(self._marks), sum(self._marks))

    @override
    def clear(self) -> None:
        self._marks.clear()


_SLICES = 10  # calls leave a window in tenths of it: cheap, and precise enough


class TimeWindow(Window):
    """The calls of the last `seconds` (of nine to ten tenths of that time, since calls are counted by tenths)."""

    def __init__(self, seconds: float) -> None:
        self._slice_seconds = seconds / _SLICES
        self.clear()

    @override
    def add(self, now: float, *, is_marked: bool) -> None:
        number = int(now / self._slice_seconds)
        place = number % _SLICES
        if self._numbers[place] != number:
            self._numbers[place], self._totals[place], self._marked[place] = number, 0, 0
        self._totals[place] += 1
        self._marked[place] += is_marked

    @override
    def counts(self, now: float) -> Counts:
        oldest = int(now / self._slice_seconds) - _SLICES + 1
        live = [place for place, number in enumerate(self._numbers) if number >= oldest]
        return Counts(sum(self._totals[place] for place in live), sum(self._marked[place] for place in live))

    @override
    def clear(self) -> None:
        self._numbers = [-_SLICES] * _SLICES
        self._totals = [0] * _SLICES
        self._marked = [0] * _SLICES
