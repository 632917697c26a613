"""Self-preservation: when too many renewals are missing, the network is at fault rather than the instances.

Not: eviction, which asks here first. A registry that evicted everybody behind a broken switch would end the platform.
Source: Eureka's `renewalPercentThreshold`. Three things are better here: what is expected follows each lease's own
interval; a young lease is expected to have renewed only since it exists; one missing instance is a death and no
outage, however small the registry.
"""

from collections import deque
from collections.abc import Iterable

WINDOW_SECONDS = 60.0
LEAST_RATIO = 0.85
"""Eureka's own: below it nobody is evicted."""


class Preservation:
    """Counts renewals, and compares them with what the leases lead to expect."""

    def __init__(self) -> None:
        self._renewals: deque[float] = deque()

    def count(self, now: float) -> None:
        """Note that a renewal arrived."""
        self._forget(now)
        self._renewals.append(now)

    def is_needed(self, now: float, leases: Iterable[tuple[float, int]]) -> bool:
        """Return whether so many renewals are missing that nobody may be evicted.

        Args:
            now: Seconds, by the registry's clock.
            leases: Of each lease since when it exists, and its seconds between two renewals.
        """
        self._forget(now)
        expected = [int(min(WINDOW_SECONDS, now - since) / renewal_seconds) for since, renewal_seconds in leases]
        missing = sum(expected) - len(self._renewals)
        return missing > max(expected, default=0) and len(self._renewals) < LEAST_RATIO * sum(expected)

    def _forget(self, now: float) -> None:
        while self._renewals and self._renewals[0] <= now - WINDOW_SECONDS:
            self._renewals.popleft()
