"""The thread of a relay process that deletes expired rows.  See also: `retention`, for which rows expire.

Once a minute it looks at every table, and deletes as long as it finds expired rows: in short transactions on a connection
of its own, at most RETENTION_ROWS_PER_SECOND, and after each transaction it pauses for at least as long as that took.
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
_STOP_SECONDS = 5.0  # a batch takes milliseconds; longer only if the database does not answer


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
        """Delete expired rows every minute; an error is logged, and the next minute tries again."""
        while not self._stopping.wait(PAUSE_SECONDS):
            try:
                for expiring in self._expiring:
                    self._sweep(expiring)
            finally:
                connection.close()

    def stop(self) -> None:
        """End after the current batch."""
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
        except Exception:  # the other tables are still processed
            log.exception("expired rows could not be deleted; tried again in a minute", extra={"what": str(expiring)})
            connection.close()
        if deleted:
            seconds = round(time.monotonic() - began, 3)
            log.info("deleted expired rows", extra={"what": str(expiring), "rows": deleted, "seconds": seconds})


def _rest_seconds(rows: int, took_seconds: float) -> float:
    return max(took_seconds, rows / MessagingSettings.current().retention_rows_per_second - took_seconds)
