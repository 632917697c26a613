"""Limits for clients: size of a body, requests per second.  See also: `graphql.limits`, which limits queries.

Each process has its own buckets: N processes admit up to N times the rate.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from django.http import HttpRequest

from apps.gateway.conf import settings
from apps.gateway.problems import Refused

MAX_CLIENTS = 10_000
"""Maximum number of buckets; the least recently used one is removed, which is usually full again."""


class TokenBuckets:
    """A token bucket for each client: a request takes one token, and tokens are added over time.

    Concurrency: `take` does not await, so tasks of one event loop do not interfere; with threads one request too many may be admitted.
    Source: the single-rate meter of RFC 2697, with one bucket.
    """

    def __init__(
        self,
        *,
        rate_per_second: float,
        burst: int,
        clock: Callable[[], float] = time.monotonic,
        maximum: int = MAX_CLIENTS,
    ) -> None:
        self._rate, self._burst, self._clock, self._maximum = rate_per_second, burst, clock, maximum
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> float:
        """Take a token; return 0, or the seconds until one is available."""
        now = self._clock()
        tokens, seen_at = self._buckets.pop(client, (float(self._burst), now))
        tokens = min(float(self._burst), tokens + (now - seen_at) * self._rate)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / self._rate
        self._buckets[client] = (tokens if wait else tokens - 1, now)
        if len(self._buckets) > self._maximum:
            self._buckets.popitem(last=False)
        return wait


_buckets: list[tuple[float, int, TokenBuckets]] = []


def check_rate(client: str) -> None:
    """Take one of the client's tokens.

    Raises:
        Refused: 429; the client has no token left.
    """
    given = settings()
    if given.rate_per_second <= 0:
        return
    wait = _in_force(given.rate_per_second, given.rate_burst).take(client)
    if wait:
        detail = f"Too many requests; try again in {wait:.1f} seconds."
        raise Refused(429, "too_many_requests", detail, headers={"Retry-After": str(math.ceil(wait))})


def _in_force(rate_per_second: float, burst: int) -> TokenBuckets:
    """Return the buckets of this rate; create new ones if the settings have changed."""
    if not _buckets or _buckets[0][:2] != (rate_per_second, burst):
        _buckets[:] = [(rate_per_second, burst, TokenBuckets(rate_per_second=rate_per_second, burst=burst))]
    return _buckets[0][2]


def check_size(request: HttpRequest) -> None:
    """Refuse a request whose Content-Length is above the limit.

    Raises:
        Refused: 413.
    """
    announced = str(request.META.get("CONTENT_LENGTH") or "0")
    if announced.isdecimal() and int(announced[:20]) > settings().body_bytes:
        raise _too_large()


def read_body(request: HttpRequest) -> bytes:
    """Return the whole body.

    Raises:
        Refused: 413, it is too large; 400, it is incomplete.
    """
    maximum = settings().body_bytes
    try:
        body: bytes = request.read(maximum + 1)
    except OSError as error:
        raise Refused(400, "invalid", "The body cannot be read to its end.") from error
    if len(body) > maximum:
        raise _too_large()
    return body


def _too_large() -> Refused:
    return Refused(413, "body_too_large", f"The body is too large; the limit is {settings().body_bytes} bytes.")
