"""The checks of the database and of its clock."""

import pytest
from django.db import ConnectionHandler, connection
from django.db.migrations.recorder import MigrationRecorder

from config.databases import databases
from postroad.operations.doctor import database
from postroad.operations.doctor.clocks import judge
from postroad.operations.doctor.findings import Level
from postroad.schema import state as schema

pytestmark = pytest.mark.django_db


def test_a_database_that_answers_is_well() -> None:
    [found] = database.look_at_answer()

    assert found.level is Level.OK
    assert "answers in" in found.text


@pytest.mark.parametrize("look", [database.look_at_answer, database.look_at_migrations])
def test_a_database_that_is_away_is_a_failure_without_its_password(
    monkeypatch: pytest.MonkeyPatch, look: object
) -> None:
    away = ConnectionHandler(databases("postgresql://user:hush@127.0.0.1:1/orders"))["default"]
    monkeypatch.setattr(database, "connection", away)
    monkeypatch.setattr(schema, "connection", away)

    [found] = look()  # type: ignore[operator]

    assert found.level is Level.FAILURE
    assert found.remedy
    assert "hush" not in found.text


def test_all_migrations_applied_is_well() -> None:
    [found] = database.look_at_migrations()

    assert found.level is Level.OK


def test_a_migration_that_is_not_applied_is_named() -> None:
    MigrationRecorder(connection).record_unapplied("postroad_messaging", "0002_relay_state")

    [found] = database.look_at_migrations()

    assert found.level is Level.FAILURE
    assert found.text == "1 not applied, the first is postroad_messaging.0002_relay_state"
    assert "manage.py migrate" in found.remedy


@pytest.mark.postgres
def test_the_clock_of_a_server_on_this_machine_is_ours() -> None:
    [found] = database.look_at_clock()

    assert found.level is Level.OK


@pytest.mark.postgres
def test_a_clock_that_is_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database.time, "time", lambda: 0.0)

    [found] = database.look_at_clock()

    assert found.level is Level.FAILURE


@pytest.mark.parametrize(
    ("seconds", "level", "words"),
    [
        (0.9, Level.OK, "its clock is ours"),
        (-5.0, Level.WARNING, "5.0 s behind ours"),
        (5.0, Level.WARNING, "5.0 s ahead of ours"),
        (-31.0, Level.FAILURE, "31.0 s behind ours"),
    ],
)
def test_how_wrong_a_clock_may_be(seconds: float, level: Level, words: str) -> None:
    found = judge("clock", seconds)

    assert found.level is level
    assert words in found.text
