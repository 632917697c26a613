"""Wait until this code's migrations are applied: `python -m postroad.schema.wait [--seconds 300]`.

It runs in the init container of each pod, so it does without `django.setup`, which would be most of its cost: 0.4 s of a
core in place of 1.6.  For people there is `manage.py wait_for_migrations`.
"""

import sys
import time
import warnings
from argparse import ArgumentParser
from collections.abc import Callable

from django.db import Error, connection

from postroad.interruption import interruptible
from postroad.schema import state as schema

SECONDS = 300.0
"""How long is waited at most."""

_PAUSE_SECONDS = 2.0


class NotMigrated(Exception):
    """Migrations are still missing; the text says which, and where to look."""


def wait(seconds: float, say: Callable[[str], object]) -> None:
    """Return once every migration is applied; a database that is away is waited for, too.

    Raises:
        NotMigrated: They are not in time, or SIGTERM came.
    """
    if not schema.has_database():
        say("This service has no database, so nothing to wait for.")
        return
    try:
        with interruptible():
            _wait(seconds, say)
    except KeyboardInterrupt:
        raise NotMigrated("stopped while waiting for migrations.") from None
    say("All migrations are applied.")


def _wait(seconds: float, say: Callable[[str], object]) -> None:
    deadline = time.monotonic() + seconds
    while trouble := _trouble():
        if time.monotonic() >= deadline:
            raise NotMigrated(
                f"not ready after {seconds:g} s: {trouble}. Look at the log of the migration Job"
                " (manage.py prepare_service, or manage.py migrate)."
            )
        say(f"Waiting: {trouble}.")
        time.sleep(_PAUSE_SECONDS)


def _trouble() -> str:
    """Return why processes of this code cannot work with the database yet; empty: they can."""
    try:
        missing = schema.missing_migrations()
    except Error as error:
        connection.close()
        return f"the database does not answer: {' '.join(str(error).split())}"
    return f"migrations are missing: {schema.describe_missing(missing)}" if missing else ""


def add_arguments(parser: ArgumentParser) -> None:
    """Add what both commands understand."""
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"how long at most ({SECONDS:g})")


def main() -> None:
    """Command-line entry point."""
    parser = ArgumentParser(description="Wait until every migration is applied; exit 1 if they are not in time.")
    add_arguments(parser)
    warnings.filterwarnings("ignore", "Accessing the database during app initialization")  # no application is made here
    try:
        wait(parser.parse_args().seconds, lambda line: sys.stdout.write(f"{line}\n"))
    except NotMigrated as error:
        sys.exit(f"wait_for_migrations: {error}")


if __name__ == "__main__":
    main()
