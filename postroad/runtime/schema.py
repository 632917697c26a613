"""Whether the database has every migration of this code.  Not: applying them, which is `migrate`.

A database that is ahead of the code has them all: while a new version is rolled out the old one goes on.
"""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def has_database() -> bool:
    """Return whether this process has a database; gateway and registry have none."""
    return bool(connection.settings_dict["ENGINE"] != "django.db.backends.dummy")


def missing_migrations() -> list[str]:
    """Return the migrations that are not applied, `orders.0002_revision`, in their order.  Reads every migration file.

    Raises:
        django.db.Error: The database does not answer.
    """
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _is_backwards in plan]


def describe_missing(names: list[str]) -> str:
    """Return a sentence about migrations that are not applied, of which there is one at least."""
    return f"{len(names)} not applied, the first is {names[0]}"
