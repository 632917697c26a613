"""Following one order: its present state and each change."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from apps.orders.domain import FINAL_STATES
from apps.orders.rpc.v1.orders_pb2 import Order

_INTERVAL_SECONDS = 0.25  # a person sees no delay; 64 watchers cost a quarter of a core
_FINAL = frozenset(Order.State.Value(state) for state in FINAL_STATES)


class Watch:
    """All watchers of this process.

    Concurrency: safe in threads.  One thread reads for all watchers, so they share one database connection; a
    waiting watcher holds none.
    """

    def __init__(self, look: Callable[[int], Order], *, interval_seconds: float = _INTERVAL_SECONDS) -> None:
        self._look, self._interval_seconds = look, interval_seconds
        self._looker = ThreadPoolExecutor(1, thread_name_prefix="postroad-watch")
        self._closed = threading.Event()

    def changes(self, order_id: int, *, gone: threading.Event) -> Iterator[Order]:
        """Yield the order now and after each change, until it is in a final state or the watcher is gone.

        It is read with the permissions of the caller.

        Raises:
            BusinessRefusal: `not_found`.
        """
        shown, caller = None, copy_context()
        while not gone.is_set() and not self._closed.is_set():
            order = self._looker.submit(caller.run, self._look, order_id).result()
            if order != shown:
                yield order
            if order.state in _FINAL:
                return
            shown = order
            gone.wait(self._interval_seconds)

    def close(self) -> None:
        """End every watch at its next reading."""
        self._closed.set()
