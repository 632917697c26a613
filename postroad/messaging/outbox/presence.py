"""The sign that a relay process is there: a moment in `postroad_relay_state`, renewed while it makes progress.  PostgreSQL only.

In the database, not in `pg_stat_activity`: behind a pooler in transaction mode nobody can be seen to listen.
"""

import math
import time

from django.db import Error, connection

from postroad.messaging.sql import is_postgresql

SAY_SECONDS = 5.0
"""How often a relay says that it is there, one row and a tenth of a millisecond each time."""

GONE_SECONDS = 45.0
"""Who has said nothing for so long is gone: a batch may wait 15 s for confirms, and for a connection, before the next word."""

_SAY = """
    INSERT INTO postroad_relay_state (seen_at) VALUES (clock_timestamp())
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at"""
_ASK = "SELECT extract(epoch FROM clock_timestamp() - max(seen_at))::float8 FROM postroad_relay_state"


class Presence:
    """Says that this relay is there.  One thread, outside of a transaction."""

    def __init__(self) -> None:
        self._next = 0.0

    def beat(self) -> None:
        """Say so, every few seconds at most; a database that does not answer is for the relay's own statements to report."""
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
    """Return whether a relay process has said lately that it is there; None on SQLite, where none does.

    Raises:
        django.db.Error: The database does not answer, or lacks the table.
    """
    if not is_postgresql():
        return None
    with connection.cursor() as cursor:
        cursor.execute(_ASK)
        (seconds,) = cursor.fetchone()
    return (math.inf if seconds is None else seconds) < GONE_SECONDS
