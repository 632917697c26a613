"""The sign that a relay process runs: a time in `postroad_relay_state`, updated while it makes progress.  PostgreSQL only.

It is a row and not a look at `pg_stat_activity`, because that does not show listeners behind a pooler in transaction mode.
"""

import math
import time

from django.db import Error, connection

from postroad.messaging.sql import is_postgresql

SAY_SECONDS = 5.0
"""How often a relay updates the time: one row, a tenth of a millisecond each time."""

GONE_SECONDS = 45.0
"""A time older than this means that no relay runs: a batch may wait 15 s for confirms, and for a connection, between updates."""

_SAY = """
    INSERT INTO postroad_relay_state (seen_at) VALUES (clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at"""
_ASK = "SELECT extract(epoch FROM clock_timestamp() - max(seen_at))::float8 FROM postroad_relay_state"


class Presence:
    """Updates the time of this relay.  One thread, outside of a transaction."""

    def __init__(self) -> None:
        self._next = 0.0

    def beat(self) -> None:
        """Update the time, at most every few seconds; a database error is left to the relay's own statements to report."""
        now = time.monotonic()
        if now < self._next or not is_postgresql():
            return
        self._next = now + SAY_SECONDS
        try:
            with connection.cursor() as cursor:
                cursor.execute(_SAY)
        except Error:
            connection.close()


def is_relay_there() -> bool | None:
    """Return whether a relay process has updated the time recently; None on SQLite, where no relay does.

    Raises:
        django.db.Error: The database does not answer, or the table is missing.
    """
    if not is_postgresql():
        return None
    with connection.cursor() as cursor:
        cursor.execute(_ASK)
        (seconds,) = cursor.fetchone()
    return (math.inf if seconds is None else seconds) < GONE_SECONDS
