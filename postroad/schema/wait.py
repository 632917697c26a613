"""Wait until this code's migrations are applied: `python -m postroad.schema.wait [--seconds 300]`.

It runs in the init container of each pod, so it does not call `django.setup`: it needs 0.4 s of a core instead of 1.6.
At a terminal, use `manage.py wait_for_migrations`.
"""

import sys
import time
import warnings
from argparse import ArgumentParser
from collections.abc import Callable

from django.db import Error, connection

from postroad.schema import state as schema
from postroad.threads import interruptible

SECONDS = 300.0
"""Longest wait by default."""

_PAUSE_SECONDS = 2.0


class NotMigrated(Exception):
    """Migrations are still missing; the text says which, and where to look."""


def wait(seconds: float, say: Callable[[str], object]) -> None:
    """Return when every migration is applied; also wait for a database that does not answer.

    Raises:
        NotMigrated: They were not applied in time, or SIGTERM arrived.
    """
    if not schema.has_database():
        say("This service has no database, so there is nothing to wait for.")
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
    """Return why processes of this code cannot use the database yet; empty if they can."""
    try:
        missing = schema.missing_migrations()
    except Error as error:
        connection.close()
        return f"the database does not answer: {' '.join(str(error).split())}"
    return f"migrations are missing: {schema.describe_missing(missing)}" if missing else ""


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments that both commands have."""
    parser.add_argument("--seconds", type=float, default=SECONDS, help=f"longest wait ({SECONDS:g})")


def main() -> None:
    """Command-line entry point."""
    parser = ArgumentParser(
        description="Wait until every migration is applied; exit 1 if they are not applied in time."
    )
    add_arguments(parser)
    warnings.filterwarnings(
        "ignore", "Accessing the database during app initialization"
    )  # the warning is for web applications
    try:
        wait(parser.parse_args().seconds, lambda line: sys.stdout.write(f"{line}\n"))
    except NotMigrated as error:
        sys.exit(f"wait_for_migrations: {error}")


if __name__ == "__main__":
    main()
