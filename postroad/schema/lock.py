"""One process at a time migrates a database, and never holds up those that use it.

Two bounds are set for the session: `lock_timeout`, since every query on a table queues behind a migration that waits
for it, and `statement_timeout`.  Both, and the lock, end with the connection, so a process that is killed leaves nothing.
Only on PostgreSQL: SQLite has a lock of its own and no other process that could queue.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db.backends.base.base import BaseDatabaseWrapper

from postroad.schema.conf import SchemaSettings

_LOCK = 0x706F_7374_726F_6164
"""Key of the advisory lock, which is one for each database: "postroad" in ASCII."""

_PAUSE_SECONDS = 1.0
"""Asked again and again: a session that waited in PostgreSQL would hold up CREATE INDEX CONCURRENTLY of the holder."""


@contextmanager
def schema_locked(connection: BaseDatabaseWrapper, tell: Callable[[str], None]) -> Iterator[None]:
    """Run a block while no other process migrates this database; its connection is closed in the end.

    Args:
        connection: Must go straight to the server or through a pooler in session mode.
        tell: Is called once if another process has to be waited for.

    Raises:
        CommandError: Another process has held the lock for MIGRATE_WAIT_SECONDS.
    """
    if connection.vendor != "postgresql":
        yield
        return
    try:
        _take(connection, tell)
        _bound(connection)
        yield
    finally:
        connection.close()


def _take(connection: BaseDatabaseWrapper, tell: Callable[[str], None]) -> None:
    seconds = SchemaSettings.current().migrate_wait_seconds
    deadline = time.monotonic() + seconds
    if _took(connection):
        return
    tell("Waiting: another process is migrating this database.")
    while not _took(connection):
        if time.monotonic() >= deadline:
            raise CommandError(
                f"another process has been migrating this database for {seconds:g} s; look at it (pg_locks, locktype"
                " advisory), or set POSTROAD_MIGRATE_WAIT_SECONDS."
            )
        time.sleep(_PAUSE_SECONDS)


def _took(connection: BaseDatabaseWrapper) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


def _bound(connection: BaseDatabaseWrapper) -> None:
    bounds = {
        "lock_timeout": SchemaSettings.current().migrate_lock_seconds,
        "statement_timeout": SchemaSettings.current().migrate_statement_seconds,
    }
    with connection.cursor() as cursor:
        for name, seconds in bounds.items():
            cursor.execute("SELECT set_config(%s, %s, false)", [name, f"{round(seconds * 1000)}ms"])
