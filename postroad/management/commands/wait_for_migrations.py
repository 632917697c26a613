"""`manage.py wait_for_migrations`: end once this code's migrations are applied."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from postroad.schema import wait as wait_for_migrations


class Command(BaseCommand):
    """The command for people; pods run the module itself, which starts faster."""

    help = "Wait until every migration is applied; exit 1 if they are not applied in time."
    requires_system_checks = []

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        wait_for_migrations.add_arguments(parser)

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            wait_for_migrations.wait(options["seconds"], self.stdout.write)
        except wait_for_migrations.NotMigrated as error:
            raise CommandError(str(error)) from None
