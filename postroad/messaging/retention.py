"""Which rows expire, and how they are deleted in short transactions.  See also: `outbox.sweeper`, which decides when.

The row of a handled message must be kept as long as the message can be delivered again (by a redelivery, a redrive or a
publisher's retry).  PROCESSED_RETENTION_HOURS covers the broker and the publisher; while a dead letter of the same
message is stored, in any state, the row is kept too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from typing_extensions import override

from postroad import clock
from postroad.messaging import sql
from postroad.messaging.conf import MessagingSettings

_LOCK = 0x7265_7465_6E74_696F
"""Key of the advisory lock that a batch holds, one in each database: "retentio" in ASCII."""

_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
"""The age at which a pass over a table begins: no row is older."""


class Batch(NamedTuple):
    """What one transaction deleted.

    Attributes:
        rows: How many.
        newest: Age of the newest deleted row, where the next batch begins; None if no more have expired.
    """

    rows: int
    newest: Any


Expiring = Callable[[Any, int], Batch]
"""Deletes the oldest expired rows of a table, in the caller's transaction: (age to begin at, maximum rows)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """Rows of one table that expire some time after they were written, or ended; an `Expiring`.

    Attributes:
        table: Its name in the database.
        age: Column that is read in order: indexed, alone or after the column of `only`.
        hours: Age at which a row expires.
        only: Condition in SQL, on the table's own name: which rows expire at all.
        ended: Second column that must be as old, for rows that expire some time after their end; never earlier than `age`.
    """

    table: str
    age: str
    hours: Callable[[], float]
    only: str = ""
    ended: str = ""

    def __call__(self, begin: Any, maximum: int) -> Batch:
        """Delete a batch; if `begin` is the `newest` of the last one, the cost does not grow with what was deleted before."""
        before = _as_stored(clock.now() - timedelta(hours=self.hours()))
        parameters = [_as_stored(begin), before, *([before] if self.ended else []), maximum]
        with connection.cursor() as cursor:
            cursor.execute(sql.delete_oldest(self.table, age=self.age, only=self._condition()), parameters)
            rows = cursor.fetchall()
        count, newest = rows[0] if sql.is_postgresql() else (len(rows), max((age for (age,) in rows), default=None))
        return Batch(count, newest if count == maximum else None)

    @override
    def __str__(self) -> str:
        return self.table

    def _condition(self) -> str:
        return " AND ".join(filter(None, [f"{self.ended} < %s" if self.ended else "", self.only]))


_OF_A_LETTER = (
    "EXISTS (SELECT 1 FROM postroad_dead_letter AS letter WHERE letter.subscriber = postroad_processed_message.subscriber"
    " AND letter.message_id = postroad_processed_message.message_id)"
)


def _delete_parts(begin: Any, maximum: int) -> Batch:
    """Delete parts of large bodies whose dead letter has been deleted."""
    with connection.cursor() as cursor:
        cursor.execute(_DELETE_PARTS, [maximum])
        return Batch(cursor.rowcount, begin if cursor.rowcount == maximum else None)


_DELETE_PARTS = """
    DELETE FROM postroad_dead_letter_part WHERE id IN (
        SELECT id FROM postroad_dead_letter_part AS part WHERE NOT EXISTS (
            SELECT 1 FROM postroad_dead_letter AS letter WHERE letter.id = part.letter_id) LIMIT %s)"""

EXPIRING: tuple[Expiring, ...] = (
    Expiry(
        table="postroad_processed_message",
        age="processed_at",
        hours=lambda: MessagingSettings.current().processed_retention_hours,
        only=f"NOT {_OF_A_LETTER}",
    ),
    *(
        Expiry(
            table="postroad_dead_letter",
            age="created_at",
            ended="ended_at",
            hours=lambda: MessagingSettings.current().dead_letter_retention_hours,
            only=f"state = '{state}'",
        )
        for state in ("redriven", "discarded")
    ),
    _delete_parts,
)
"""Expiring rows of the tables of `messaging`.  Other applications list theirs in `postroad_expiring` of their AppConfig."""


def batches(expiring: Expiring) -> Iterator[int]:
    """Delete expired rows of one kind, with a transaction for each batch; yield the number of rows of each batch.

    Ends when no more rows have expired, or if another process is deleting: two processes never wait for each other.
    """
    maximum = MessagingSettings.current().retention_batch_rows
    begin: Any = _BEGINNING
    while begin is not None:
        with transaction.atomic():
            batch = expiring(begin, maximum) if _is_ours() else Batch(0, None)
        yield batch.rows
        begin = batch.newest


def _is_ours() -> bool:
    """Take the lock for this transaction.  Its commit is asynchronous: a batch that is lost in a crash is deleted again."""
    if not sql.is_postgresql():
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s), set_config('synchronous_commit', 'off', true)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _as_stored(moment: Any) -> Any:
    """Return a time as the database's parameter; a text, which a batch has returned, is one already."""
    return connection.ops.adapt_datetimefield_value(moment) if isinstance(moment, datetime) else moment
