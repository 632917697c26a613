"""The thread beside a relay that deletes what has expired.  See also: `retention`, for what expires.

Once a minute it looks at every table, and goes on while there is something to delete: short transactions on a
connection of its own, at most RETENTION_ROWS_PER_SECOND, and never longer at work than at rest.
"""

import threading
import time
from collections.abc import Sequence

from django.db import connection
from typing_extensions import override

from postroad.logs import logger
from postroad.messaging import retention
from postroad.messaging.conf import MessagingSettings

log = logger(__name__)

PAUSE_SECONDS = 60.0
_STOP_SECONDS = 5.0  # a batch takes milliseconds; a database that does not answer is not waited for


class Sweeper(threading.Thread):
    """Deletes expired rows until it is stopped.

    Concurrency: any number of relays; two of them never delete at the same moment (PostgreSQL: an advisory lock).
    """

    def __init__(self, expiring: Sequence[retention.Expiring]) -> None:
        super().__init__(name="postroad-sweeper", daemon=True)
        self._expiring = expiring
        self._stopping = threading.Event()

    @override
    def run(self) -> None:
        """Sweep every minute; what fails is logged, and tried again a minute later."""
        while not self._stopping.wait(PAUSE_SECONDS):
            try:
                for expiring in self._expiring:
                    self._sweep(expiring)
            finally:
                connection.close()

    def stop(self) -> None:
        """End after the batch under way."""
        self._stopping.set()
        self.join(_STOP_SECONDS)

    def _sweep(self, expiring: retention.Expiring) -> None:
        began, deleted = time.monotonic(), 0
        try:
            started = began
            for rows in retention.batches(expiring):
                deleted += rows
                if self._stopping.wait(_rest_seconds(rows, time.monotonic() - started)):
                    break
                started = time.monotonic()
        except Exception:  # the other tables are swept all the same
            log.exception("expired rows could not be deleted; tried again in a minute", extra={"what": str(expiring)})
            connection.close()
        if deleted:
            seconds = round(time.monotonic() - began, 3)
            log.info("deleted expired rows", extra={"what": str(expiring), "rows": deleted, "seconds": seconds})


def _rest_seconds(rows: int, took_seconds: float) -> float:
    return max(took_seconds, rows / MessagingSettings.current().retention_rows_per_second - took_seconds)
