"""The base of commands that read or write Postroad's tables."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from typing_extensions import override

from postroad.schema.describing import describe_error, is_table_missing


class DatabaseCommand(BaseCommand):
    """Says what to run when a table is missing, in place of a traceback."""

    @override
    def execute(self, *args: Any, **options: Any) -> Any:
        try:
            return super().execute(*args, **options)
        except Error as error:
            if not is_table_missing(error):
                raise
            raise CommandError(describe_error(error)) from error
