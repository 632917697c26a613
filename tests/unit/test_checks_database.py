"""`manage.py check` on routers, time zones and SQLite's options."""

from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from django.db import DEFAULT_DB_ALIAS, connections
from pytest_django import Settings


def found(*ids: str) -> list[CheckMessage]:
    return [message for message in run_checks(tags=["postroad"]) if message.id in ids]


class WritesElsewhere:
    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return "other" if model.__name__ == "SagaInstance" else None


class ReadsFromAReplica:
    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "replica"


class WritesToTheDefault:
    def db_for_write(self, model: Any, **hints: Any) -> str:
        return DEFAULT_DB_ALIAS

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return None

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return db == DEFAULT_DB_ALIAS


class MigratesElsewhere:
    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        return db == "other" if app_label == "postroad_messaging" and model_name == "deadletter" else None


@pytest.fixture
def routed(monkeypatch: pytest.MonkeyPatch) -> Any:
    def route(*kinds: type) -> None:
        monkeypatch.setattr("django.db.router.routers", [kind() for kind in kinds])

    return route


def test_a_router_that_writes_one_of_our_tables_elsewhere_is_named_with_model_and_way_out(routed: Any) -> None:
    routed(WritesElsewhere)

    (error,) = found("postroad.E010")

    assert error.is_serious()
    assert "test_checks_database.WritesElsewhere sends writes of postroad_sagas.SagaInstance" in error.msg
    assert "'other'" in error.msg
    assert "db_for_write return None or 'default' for the application 'postroad_sagas'" in str(error.hint)


def test_a_router_that_reads_from_a_replica_is_of_the_same_kind(routed: Any) -> None:
    routed(ReadsFromAReplica)

    errors = found("postroad.E010")

    models = {error.msg.split(" of ")[1].split(" ")[0] for error in errors}
    assert models >= {
        "postroad_messaging.OutboxMessage",
        "postroad_messaging.ProcessedMessage",
        "postroad_messaging.DeadLetter",
        "postroad_sagas.SagaInstance",
        "postroad_sagas.SagaStep",
    }
    assert {"'replica'" in error.msg for error in errors} == {True}


def test_a_router_that_keeps_a_table_out_of_the_default_database_is_refused(routed: Any) -> None:
    routed(MigratesElsewhere)

    (error,) = found("postroad.E010")

    assert "MigratesElsewhere keeps the table of postroad_messaging.DeadLetter out of" in error.msg
    assert "allow_migrate return None or True" in str(error.hint)


def test_the_first_router_that_decides_is_the_one_that_counts(routed: Any) -> None:
    routed(WritesToTheDefault, WritesElsewhere, MigratesElsewhere)

    assert found("postroad.E010") == []


def test_no_router_is_fine(routed: Any) -> None:
    routed()

    assert found("postroad.E010") == []


def test_moments_without_time_zone_are_refused_with_the_reason(settings: Settings) -> None:
    settings.USE_TZ = False

    (error,) = found("postroad.E011")

    assert error.is_serious()
    assert "compares times in UTC" in error.msg
    assert error.hint == "Set USE_TZ = True."


@pytest.fixture
def sqlite(monkeypatch: pytest.MonkeyPatch) -> Any:
    def with_options(options: dict[str, Any]) -> list[CheckMessage]:
        connection = connections[DEFAULT_DB_ALIAS]
        monkeypatch.setattr(connection, "vendor", "sqlite")
        monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
        return found("postroad.W010")

    return with_options


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"timeout": 60},
        {"transaction_mode": "IMMEDIATE"},
        {"transaction_mode": "DEFERRED", "timeout": 60},
        {"transaction_mode": "IMMEDIATE", "timeout": 5},
        {"transaction_mode": None, "timeout": 60},
    ],
)
def test_options_that_end_in_locked_databases_are_warned_of_and_the_hint_cures_them(
    sqlite: Any, options: dict[str, Any]
) -> None:
    (warning,) = sqlite(options)

    assert "database is locked" in warning.msg
    databases: dict[str, Any] = {"default": {}}
    exec(warning.hint.partition("\n")[2], {"DATABASES": databases})  # noqa: S102 - the lines to paste, pasted
    assert sqlite(databases["default"]["OPTIONS"]) == []


def test_the_options_of_the_reference_system_are_enough(sqlite: Any) -> None:
    assert sqlite({"transaction_mode": "immediate", "timeout": 20}) == []
