"""Keeps one object per address: a gRPC channel, or a pool of HTTP connections."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from postroad.calls.discovery.resolver import Endpoint

C = TypeVar("C")

MOST = 64
"""Maximum addresses kept; the least recently used one is dropped, so that those of ended instances do not accumulate."""


class PerEndpoint(Generic[C]):
    """Opens a channel or pool at the first call to an address.

    Concurrency: safe in threads.
    """

    def __init__(self, open_one: Callable[[Endpoint], C]) -> None:
        self._open = open_one
        self._lock = threading.Lock()
        self._kept: dict[Endpoint, C] = {}

    def get(self, endpoint: Endpoint) -> C:
        """Return the object of an address."""
        with self._lock:
            kept = self._kept.pop(endpoint, None) or self._open(endpoint)
            self._kept[endpoint] = kept
            if len(self._kept) > MOST:
                del self._kept[next(iter(self._kept))]  # ends with the last call that holds it
            return kept

    def empty(self) -> tuple[C, ...]:
        """Remove all objects and return them, for closing."""
        with self._lock:
            kept = tuple(self._kept.values())
            self._kept.clear()
            return kept
