"""Self-preservation: no instance is evicted while so many renewals are missing that the network must be the cause.

A registry that evicted all instances behind a broken switch would stop the platform.
Source: Eureka's `renewalPercentThreshold`. Three things are better here: what is expected follows each lease's own
interval; a young lease is expected to renew only since it exists; one silent instance counts as failed, not as an outage,
however small the registry.
"""

from collections import deque
from collections.abc import Iterable

WINDOW_SECONDS = 60.0
MIN_RATIO = 0.85
"""Eureka's default: below this share, no instance is evicted."""


class Pulse:
    """The renewals of one lease within the last minute."""

    def __init__(self, *, since: float, renewal_seconds: int) -> None:
        self._since, self._renewal_seconds = since, renewal_seconds
        maximum = max(
            1, int(WINDOW_SECONDS / renewal_seconds)
        )  # extra renewals do not compensate for those of other leases
        self._beats: deque[float] = deque(maxlen=maximum)

    def beat(self, now: float) -> None:
        """Note a renewal."""
        self._beats.append(now)

    def expected(self, now: float) -> int:
        """Return the number of expected renewals."""
        return int(min(WINDOW_SECONDS, now - self._since) / self._renewal_seconds)

    def received(self, now: float) -> int:
        """Return the number of renewals that have arrived, out of the expected ones."""
        recent = sum(beat > now - WINDOW_SECONDS for beat in self._beats)
        return min(recent, self.expected(now))


def is_outage(now: float, pulses: Iterable[Pulse]) -> bool:
    """Return whether too many renewals of more than one instance are missing, so that no instance may be evicted."""
    counts = [(pulse.received(now), pulse.expected(now)) for pulse in pulses]
    received, expected = sum(count[0] for count in counts), sum(count[1] for count in counts)
    silent = sum(received_of_one < MIN_RATIO * expected_of_one for received_of_one, expected_of_one in counts)
    return silent > 1 and received < MIN_RATIO * expected
