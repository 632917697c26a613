"""`manage.py relay`: publish this service's outbox until stopped."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from postroad.composition import installed
from postroad.errors import PostroadError
from postroad.processes.relay import run_relay


class Command(BaseCommand):
    """Runs the relay in the foreground; SIGTERM ends it after the batch under way."""

    help = "Publish the outbox of this service to the broker until stopped (SIGTERM finishes the batch under way)."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run_relay(installed())
        except PostroadError as error:
            raise CommandError(str(error)) from error
