"""The bulkhead: limits the outstanding calls to one service, so that a slow service cannot occupy every thread.

Source: "Bulkheads", M. Nygard, Release It!.
"""

import threading

from postroad.errors import BulkheadFull


class Bulkhead:
    """Places for calls; `with bulkhead:` takes one and gives it back.

    Concurrency: safe in threads and tasks, which share the places; a call never waits for a place.
    """

    def __init__(self, *, service: str, maximum: int) -> None:
        self._service, self._maximum = service, maximum
        self._lock = threading.Lock()
        self._outstanding = 0

    @property
    def outstanding(self) -> int:
        """The number of taken places."""
        return self._outstanding

    def __enter__(self) -> None:
        """Take a place.

        Raises:
            BulkheadFull: None is free.
        """
        with self._lock:
            if self._outstanding >= self._maximum:
                raise BulkheadFull(
                    f"{self._service}: {self._maximum} calls are outstanding, as many as CALL_BULKHEAD allows; try later."
                )
            self._outstanding += 1

    def __exit__(self, *_: object) -> None:
        """Give the place back."""
        with self._lock:
            self._outstanding -= 1
