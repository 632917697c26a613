"""`manage.py wait_for_migrations`: end once this code's migrations are applied.  Not: applying them, nor any lock."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection
from typing_extensions import override

from postroad.runtime import schema
from postroad.runtime.interruption import interruptible

_PAUSE_SECONDS = 2.0


class Command(BaseCommand):
    """For the init container of a process that needs the tables; a database that is away is waited for, too."""

    help = "Wait until every migration is applied; exit 1 if they are not in time."
    requires_system_checks = []

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seconds", type=float, default=300.0, help="how long at most (300)")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        if not schema.has_database():
            self.stdout.write("This service has no database, so nothing to wait for.")
            return
        try:
            with interruptible():
                self._wait(options["seconds"])
        except KeyboardInterrupt:
            raise CommandError("stopped while waiting for migrations.") from None
        self.stdout.write("All migrations are applied.")

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while trouble := _trouble():
            if time.monotonic() >= deadline:
                raise CommandError(
                    f"not ready after {seconds:g} s: {trouble}. Look at the log of the migration Job"
                    " (manage.py prepare_service, or manage.py migrate)."
                )
            self.stdout.write(f"Waiting: {trouble}.")
            time.sleep(_PAUSE_SECONDS)


def _trouble() -> str:
    """Return why processes of this code cannot work with the database yet; empty: they can."""
    try:
        missing = schema.missing_migrations()
    except Error as error:
        connection.close()
        return f"the database does not answer: {' '.join(str(error).split())}"
    return f"migrations are missing: {schema.describe_missing(missing)}" if missing else ""
