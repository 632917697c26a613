"""Checks of the service's database: connection, migrations, clock."""

import time
from collections.abc import Iterator

from django.db import Error, connection

from postroad.messaging import sql
from postroad.operations.doctor import clocks
from postroad.operations.doctor.findings import Finding, failure, ok
from postroad.schema import state as schema
from postroad.schema.describing import describe_place

DATABASE, MIGRATIONS, CLOCK = "database", "migrations", "database clock"


def look_at_answer() -> Iterator[Finding]:
    """Run a statement in the database."""
    began = time.monotonic()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        yield failure(
            DATABASE,
            f"{describe_place()} does not answer: {_line(error)}",
            remedy="start it, or correct DATABASE_URL",
        )
        return
    yield ok(DATABASE, f"{describe_place()} answers in {(time.monotonic() - began) * 1000:.0f} ms")


def look_at_migrations() -> Iterator[Finding]:
    """Compare the migrations that are applied with those of this code."""
    try:
        missing = schema.missing_migrations()
    except Error as error:
        yield failure(MIGRATIONS, f"cannot be read: {_line(error)}", remedy="look at the database's own log")
        return
    if missing:
        yield failure(MIGRATIONS, schema.describe_missing(missing), remedy="run: python manage.py migrate")
    else:
        yield ok(MIGRATIONS, "all are applied")


def look_at_clock() -> Iterator[Finding]:
    """Compare the database's clock, by which messages fall due, with ours; SQLite has none of its own."""
    if not sql.is_postgresql():
        return
    before = time.time()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
            (theirs,) = cursor.fetchone()
    except Error as error:
        yield failure(CLOCK, f"cannot be read: {_line(error)}", remedy="look at the database's own log")
        return
    yield clocks.judge(CLOCK, theirs - (before + time.time()) / 2)


def _line(error: Error) -> str:
    return " ".join(str(error).split())
