"""A database without Postroad's tables is named as that, with what to run, by relay, worker and commands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import OperationalError, ProgrammingError

from postroad.schema.describing import describe_error, is_table_missing
from tests.faults.deployment import ROOT

COMMANDS = [
    ("outbox", "status"),
    ("outbox", "list"),
    ("deadletters", "list"),
    ("sagas", "list"),
]


class Undefined(Exception):
    """What psycopg raises."""

    sqlstate = "42P01"


def manage(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test", "PYTHONPATH": str(ROOT)}
    given["TEST_DATABASE_URL"] = f"sqlite:///{folder / 'empty.sqlite3'}"
    call = [sys.executable, "-m", "django", *command]
    return subprocess.run(call, env=given, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_says_to_migrate(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = manage(tmp_path, *command)

    assert done.returncode == 1, done.stdout
    assert done.stderr.startswith("CommandError: a table or column is missing in SQLite ")
    assert done.stderr.rstrip().endswith("run: python manage.py migrate")


def test_an_error_is_told_apart_by_its_state_or_sqlites_text() -> None:
    undefined = ProgrammingError('relation "postroad_outbox" does not exist')
    undefined.__cause__ = Undefined()

    assert is_table_missing(undefined)
    assert is_table_missing(OperationalError("no such table: postroad_outbox"))
    assert not is_table_missing(OperationalError("database is locked"))
    assert not is_table_missing(ValueError("no such table"))
    assert "manage.py migrate" in describe_error(undefined)
    assert "manage.py migrate" not in describe_error(OperationalError("connection refused"))
    assert "connection refused" in describe_error(OperationalError("connection refused"))


@pytest.mark.slow
def test_the_relay_of_a_plain_project_says_where_it_is_and_what_is_missing(tmp_path: Path) -> None:
    given = {**os.environ, "DJANGO_SETTINGS_MODULE": "plain", "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    (tmp_path / "plain.py").write_text(
        'SECRET_KEY = "x"\nUSE_TZ = True\n'
        'INSTALLED_APPS = ["postroad.messaging", "postroad.sagas", "postroad"]\n'
        f'DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "{tmp_path}/empty.sqlite3",'
        ' "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 60}}}\n'
        'POSTROAD = {"SERVICE": "billing", "BROKER_URL": "amqp://me:hush@127.0.0.1:9/v"}\n'
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "django", "relay"], env=given, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    )
    assert process.stderr is not None
    lines = [process.stderr.readline() for _ in range(3)]
    process.terminate()
    lines += process.stderr.readlines()
    process.stderr.close()

    assert process.wait(30) == 0
    assert lines[0].startswith(
        "relay waits for the broker (error=BROKER_URL 'amqp://**@127.0.0.1:9/v': connection refused or unknown host"
    )
    assert lines[1].startswith("Postroad relay started (")
    assert lines[1].endswith(f"outbox of billing in SQLite {tmp_path}/empty.sqlite3 to amqp://me:**@127.0.0.1:9/v\n")
    assert "a table or column is missing" in lines[2]
    assert "run: python manage.py migrate" in lines[2]
    assert lines[-1].startswith("Postroad relay stopped (")
    assert "hush" not in "".join(lines)
