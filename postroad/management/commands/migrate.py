"""`manage.py migrate`: Django's, one process at a time, in bounds, and with a last line that says what failed.

However migrations are run, by a Job, a hook, an init container or a person, they are run by this.
"""

import traceback
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections
from typing_extensions import override

from postroad.schema.lock import schema_locked
from postroad.threads import interruptible


class Command(migrate.Command):
    """Knows which migration is under way."""

    _under_way = "migrate"

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        if options["check_unapplied"] or options["plan"]:
            super().handle(*args, **options)
            return
        try:
            with interruptible(), schema_locked(connections[options["database"]], self.stdout.write):
                super().handle(*args, **options)
        except CommandError:
            raise
        except KeyboardInterrupt:
            raise CommandError(f"{self._under_way} was stopped; run the command again.") from None
        except Exception as error:
            self.stderr.write("".join(traceback.format_exception(error)))
            raise CommandError(
                f"{self._under_way} failed: {type(error).__name__}: {' '.join(str(error).split())}. What came before it"
                " is kept; mend the cause and run the command again."
            ) from error

    @override
    def migration_progress_callback(self, action: str, migration: Any | None = None, fake: bool = False) -> None:
        if migration is not None:
            self._under_way = f"migration {migration}"
        super().migration_progress_callback(action, migration, fake)
