"""The order in which a service's instances are tried: round robin, with recently failed ones last.

A failed instance is never left out, because it may be the only one.
"""

import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from postroad.calls.discovery.resolver import Endpoint

REST_SECONDS = 10.0
"""How long a failed instance is tried last: about the time of a restart."""


class Rotation:
    """Client-side load balancing of one resolver.

    Concurrency: safe in many threads; each operation on the tables is one atomic step.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, rest_seconds: float = REST_SECONDS) -> None:
        self._clock, self._rest_seconds = clock, rest_seconds
        self._turns: dict[str, Iterator[int]] = {}
        self._rests_until: dict[Endpoint, float] = {}

    def order(self, service: str, endpoints: Iterable[Endpoint]) -> Sequence[Endpoint]:
        """Return all of them; each call begins with the next one."""
        everyone = sorted(set(endpoints), key=lambda endpoint: endpoint.url)
        now = self._clock()
        rested = [endpoint for endpoint in everyone if self._rests_until.get(endpoint, now) <= now]
        resting = [endpoint for endpoint in everyone if endpoint not in rested]
        turn = next(self._turns.setdefault(service, itertools.count()))
        return _rotated(rested, turn) + _rotated(resting, turn)

    def report_failure(self, endpoint: Endpoint) -> None:
        """Try this one last for a while."""
        now = self._clock()
        kept = {known: until for known, until in self._rests_until.copy().items() if until > now}
        self._rests_until = {**kept, endpoint: now + self._rest_seconds}


def _rotated(endpoints: list[Endpoint], turn: int) -> list[Endpoint]:
    start = turn % len(endpoints) if endpoints else 0
    return endpoints[start:] + endpoints[:start]
