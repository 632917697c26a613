"""Whether the database has every migration of this code.  `manage.py migrate` applies them.

A database with further migrations has all of them, too: during a rollout the old version continues to run.
Only names are compared, without importing models or migrations: a waiting pod needs a third of the CPU of Django's loader.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from pkgutil import iter_modules

from django.apps import AppConfig
from django.conf import settings
from django.db import connection

Name = tuple[str, str]
"""Label of the application and name of the migration, as in Django's table."""


def has_database() -> bool:
    """Return whether this process has a database; gateway and registry have none."""
    return bool(connection.settings_dict["ENGINE"] != "django.db.backends.dummy")


def missing_migrations() -> list[str]:
    """Return the migrations that are not applied, such as `orders.0002_revision`; works before `django.setup`, too.

    A squashed migration counts as not applied until `migrate` has run once and recorded it.

    Raises:
        django.db.Error: The database does not answer.
    """
    applied = _applied()
    return [f"{label}.{name}" for label, name in written() if (label, name) not in applied]


def describe_missing(names: list[str]) -> str:
    """Return a sentence about migrations that are not applied; `names` must not be empty."""
    return f"{len(names)} not applied, the first is {names[0]}"


def written() -> Iterator[Name]:
    """Return the migrations of the installed applications, as Django would find them."""
    for entry in settings.INSTALLED_APPS:
        config = AppConfig.create(entry)
        package = settings.MIGRATION_MODULES.get(config.label, f"{config.name}.migrations")
        found = find_spec(package) if package else None
        if found and found.origin:  # Django ignores a folder without __init__, too
            modules = iter_modules(found.submodule_search_locations)
            yield from sorted(
                (config.label, each.name) for each in modules if not each.ispkg and each.name[0] not in "_~"
            )


def _applied() -> set[Name]:
    with connection.cursor() as cursor:
        if "django_migrations" not in connection.introspection.table_names(cursor):
            return set()
        cursor.execute("SELECT app, name FROM django_migrations")
        return set(cursor.fetchall())
