"""A lock: one process at a time migrates a database, and does not block the processes that use it.

Two limits are set for the session: `lock_timeout`, since every query of a table waits behind a migration that waits for the
table, and `statement_timeout`.  They and the lock end with the connection, so a killed process leaves nothing behind.
It is used only on PostgreSQL: SQLite has a lock of its own, and no queue of waiting queries.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db.backends.base.base import BaseDatabaseWrapper

from postroad.schema.conf import SchemaSettings

_LOCK = 0x706F_7374_726F_6164
"""Key of the advisory lock, one in each database: "postroad" in ASCII."""

_PAUSE_SECONDS = 1.0
"""Interval of attempts to get the lock: a session that waited in PostgreSQL would block the holder's CREATE INDEX CONCURRENTLY."""


@contextmanager
def schema_locked(connection: BaseDatabaseWrapper, tell: Callable[[str], None]) -> Iterator[None]:
    """Run a block while no other process migrates this database; its connection is closed at the end.

    Args:
        connection: A direct connection to the server, or one through a pooler in session mode.
        tell: A function that is called once if another process holds the lock.

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
