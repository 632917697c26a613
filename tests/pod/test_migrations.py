"""Migrating and waiting for it, as the pods of one service do at the same time."""

import os
import secrets
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from pytest_django import Settings

from postroad.schema import lock as schema_lock
from postroad.schema import state as schema
from postroad.schema import wait as wait_for_migrations
from postroad.schema.lock import schema_locked
from tests.faults.deployment import ROOT, until
from tests.pod.program import environment, run

SERVER = os.environ.get("TEST_DATABASE_URL", "")


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let `missing_migrations` answer one thing after the other."""
    monkeypatch.setattr(wait_for_migrations, "_PAUSE_SECONDS", 0)

    def answer(*answers: Callable[[], list[str]]) -> None:
        waiting = iter(answers)

        def look() -> list[str]:
            return next(waiting)()

        monkeypatch.setattr(schema, "missing_migrations", look)

    return answer


def missing() -> list[str]:
    return ["orders.0002_a", "orders.0003_b"]


def nothing() -> list[str]:
    return []


def refused() -> list[str]:
    raise OperationalError("connection\nrefused")


def terminated() -> list[str]:
    os.kill(os.getpid(), signal.SIGTERM)
    return missing()


@pytest.mark.django_db
def test_nothing_is_waited_for_where_all_is_applied() -> None:
    told = StringIO()

    call_command("wait_for_migrations", seconds=0, stdout=told)

    assert told.getvalue() == "All migrations are applied.\n"


@pytest.mark.django_db
def test_waiting_says_each_time_what_is_missing(looks: Callable[..., None]) -> None:
    told = StringIO()
    looks(refused, missing, nothing)

    call_command("wait_for_migrations", seconds=60, stdout=told)

    assert told.getvalue().splitlines() == [
        "Waiting: the database does not answer: connection refused.",
        "Waiting: migrations are missing: 2 not applied, the first is orders.0002_a.",
        "All migrations are applied.",
    ]


def test_waiting_ends_with_what_is_still_missing(looks: Callable[..., None]) -> None:
    looks(missing)

    with pytest.raises(CommandError, match=r"not ready after 0 s: .* the first is orders\.0002_a\. Look at the log of"):
        call_command("wait_for_migrations", seconds=0)


def test_waiting_ends_at_once_when_the_pod_is_deleted(looks: Callable[..., None]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    looks(terminated)

    with pytest.raises(CommandError, match="stopped while waiting"):
        call_command("wait_for_migrations", seconds=60)
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.slow
def test_where_there_is_no_database_nothing_is_waited_for() -> None:
    done = run("manage.py", "wait_for_migrations", service="gateway")

    assert (done.returncode, done.stdout) == (0, "This service has no database, so there is nothing to wait for.\n")


def test_the_migrations_of_this_code_are_those_that_django_finds() -> None:
    found = MigrationLoader(None, ignore_no_migrations=True).disk_migrations

    assert set(schema.written()) == set(found)


@pytest.mark.slow
def test_a_pod_waits_without_loading_models(tmp_path: Path) -> None:
    script = (
        "import runpy, sys, atexit; sys.argv = ['wait', '--seconds', '0']\n"
        "atexit.register(lambda: print('apps.kitchen.models' in sys.modules))\n"
        "runpy.run_module('postroad.schema.wait', run_name='__main__')"
    )
    url = f"sqlite:///{tmp_path / 'kitchen.sqlite3'}"

    done = run("-c", script, service="kitchen", DATABASE_URL=url, BROKER_URL="memory://")

    assert done.returncode == 1
    assert done.stderr.startswith("wait_for_migrations: not ready after 0 s: migrations are missing: ")
    assert done.stdout == "False\n"


@pytest.mark.slow
def test_a_failing_migration_ends_the_preparation_and_is_named_in_the_last_line(tmp_path: Path) -> None:
    path = tmp_path / "kitchen.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE kitchen_ticket (id integer)")

    done = run(
        "manage.py", "prepare_service",
        service="kitchen", DATABASE_URL=f"sqlite:///{path}", BROKER_URL="memory://",
    )  # fmt: skip

    assert done.returncode == 1
    assert "Traceback (most recent call last):" in done.stderr
    assert done.stderr.splitlines()[-1].startswith(
        'CommandError: migration kitchen.0001_initial failed: OperationalError: table "kitchen_ticket" already exists.'
    )
    assert "queues" not in done.stdout


@pytest.fixture
def database() -> Iterator[str]:
    """The URL of an empty database."""
    name = f"pod_{secrets.token_hex(4)}"
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        yield f"{SERVER.rpartition('/')[0]}/{name}"
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def migrating(url: str, log: Path) -> "subprocess.Popen[bytes]":
    variables = environment("kitchen", DATABASE_URL=url, BROKER_URL="memory://")
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "manage.py", "migrate"], cwd=ROOT, env=variables, stdout=output, stderr=output
        )


@pytest.mark.postgres
@pytest.mark.slow
def test_of_two_that_migrate_at_once_one_waits_and_both_succeed(database: str, tmp_path: Path) -> None:
    logs = [tmp_path / "one", tmp_path / "other"]
    with psycopg.connect(database, autocommit=True) as holder:
        holder.execute("SELECT pg_advisory_lock(%s)", [schema_lock._LOCK])
        processes = [migrating(database, log) for log in logs]
        until(lambda: all("Waiting" in log.read_text() for log in logs), seconds=60, what="both wait for the lock")

    assert [process.wait(120) for process in processes] == [0, 0]
    assert sorted("Applying kitchen.0001_initial" in log.read_text() for log in logs) == [False, True]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_migration_waits_for_tables_and_statements_within_bounds() -> None:
    def bounds() -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
            return list(cursor.fetchone())

    before = bounds()
    with schema_locked(connection, print):
        within = bounds()

    assert within == ["10s", "15min"]
    assert bounds() == before


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_lock_that_another_process_keeps_is_told_and_given_up(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(schema_lock, "_PAUSE_SECONDS", 0)
    settings.POSTROAD = {"BROKER_URL": "memory://", "MIGRATE_WAIT_SECONDS": 0}
    told = StringIO()
    given_up = pytest.raises(CommandError, match="another process has been migrating this database for 0 s")
    with schema_locked(connection.copy(), print), given_up:
        call_command("migrate", stdout=told)

    assert told.getvalue() == "Waiting: another process is migrating this database.\n"
