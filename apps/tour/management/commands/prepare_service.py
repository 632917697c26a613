"""`manage.py prepare_service`: creates what a service needs before its processes start; safe to repeat."""

import os
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from apps.tour.administrator import set_administrator
from postroad.threads import interruptible


class Command(BaseCommand):
    """Creates tables, then queues, then the user of the admin; the first failure ends it with exit code 1."""

    help = "Migrate, declare the channels, and make the user ADMIN_USER (admin) if ADMIN_PASSWORD is set."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with interruptible():
                self._prepare()
        except KeyboardInterrupt:
            raise CommandError("stopped; run the command again.") from None
        self.stdout.write("The service is prepared.")

    def _prepare(self) -> None:
        call_command("migrate", interactive=False, stdout=self.stdout, stderr=self.stderr)
        call_command("declare_channels", stdout=self.stdout, stderr=self.stderr)
        name, password = os.environ.get("ADMIN_USER") or "admin", os.environ.get("ADMIN_PASSWORD", "")
        if not password:
            self.stdout.write("ADMIN_PASSWORD is not set, so no user is made for the admin.")
            return
        made = set_administrator(name, password)
        self.stdout.write(
            f"The user {name!r} {'is made' if made else 'is there, with the password of ADMIN_PASSWORD'}."
        )
