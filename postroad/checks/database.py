"""System checks of the databases and the time zone of a project."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name
from django.db import DEFAULT_DB_ALIAS, connections, models, router

SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 60,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
}
"""SQLite's options for several writing threads: each waits for its turn, and readers do not block writers."""

_MIN_TIMEOUT_SECONDS = 20  # many writers wait one after the other; Django's default of 5 s is too short for that
_QUESTIONS = (("db_for_write", "writes"), ("db_for_read", "reads"))


def check_routers(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Report every router that puts Postroad's tables into another database than `default`, which transactions use."""
    found: list[CheckMessage] = []
    for app in apps.get_app_configs():
        if app.name.startswith("postroad."):
            for model in app.get_models():
                found += _routed_away(f"{app.label}.{model.__name__}", model)
    return found


def check_time_zones(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Refuse times without time zone."""
    if settings.USE_TZ:
        return []
    problem = (
        "USE_TZ is False, but Postroad's own SQL compares times in UTC: with local times, delayed messages would be sent and"
        " old rows deleted hours too early or too late."
    )
    return [Error(problem, hint="Set USE_TZ = True.", id="postroad.E011")]


def check_sqlite(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Warn of options with which concurrent transactions of SQLite end with "database is locked"."""
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor != "sqlite":
        return []
    options = connection.settings_dict.get("OPTIONS", {})
    mode, timeout = str(options.get("transaction_mode")).upper(), options.get("timeout", 5)
    if mode in ("IMMEDIATE", "EXCLUSIVE") and timeout >= _MIN_TIMEOUT_SECONDS:
        return []
    problem = (
        f"DATABASES['default'] is SQLite with transaction_mode {options.get('transaction_mode')!r} and a timeout of"
        f" {timeout} s: requests, relay and consumers that write at the same time fail with 'database is locked'."
    )
    lines = "".join(f"    {name!r}: {value!r},\n" for name, value in SQLITE_OPTIONS.items())
    hint = f"Add to your settings:\nDATABASES['default']['OPTIONS'] = {{\n{lines}}}"
    return [Warning(problem, hint=hint, id="postroad.W010")]


def _routed_away(name: str, model: type[models.Model]) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for question, what in _QUESTIONS:
        alias = getattr(router, question)(model)
        if alias != DEFAULT_DB_ALIAS:
            problem = f"{_answering(question, model)} sends {what} of {name} to the database {alias!r}"
            found.append(_apart(problem, f"{question} return None or {DEFAULT_DB_ALIAS!r}", name))
    if not router.allow_migrate_model(DEFAULT_DB_ALIAS, model):
        problem = (
            f"{_answering('allow_migrate', model)} keeps the table of {name} out of the database {DEFAULT_DB_ALIAS!r}"
        )
        found.append(_apart(problem, f"allow_migrate return None or True for {DEFAULT_DB_ALIAS!r}", name))
    return found


def _apart(problem: str, way_out: str, name: str) -> Error:
    why = (
        f"; messages, sagas and business data are written in one transaction on {DEFAULT_DB_ALIAS!r}, so these rows would"
        " survive its rollback, or rows that were just written would not be seen."
    )
    return Error(
        problem + why, hint=f"Let {way_out} for the application {name.partition('.')[0]!r}.", id="postroad.E010"
    )


def _answering(question: str, model: type[models.Model]) -> str:
    """Return the name of the router that gives the answer."""
    for candidate in router.routers:
        ask = getattr(candidate, question, None)
        if ask is None:
            continue
        if question == "allow_migrate":
            label, name = model._meta.app_label, model._meta.model_name  # noqa: SLF001 - Django's documented interface
            is_deciding = ask(DEFAULT_DB_ALIAS, label, model_name=name, model=model) is not None
        else:
            is_deciding = bool(ask(model))
        if is_deciding:
            return f"{type(candidate).__module__}.{type(candidate).__qualname__}"
    return "a router"
