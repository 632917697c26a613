"""`manage.py relay`: publish this service's outbox until stopped."""

from typing import Any

from django.core.management.base import BaseCommand
from typing_extensions import override

from postroad.runtime.relay_process import run_relay


class Command(BaseCommand):
    """Runs the relay in the foreground; SIGTERM ends it after the batch under way."""

    help = "Publish the outbox of this service to the broker until stopped (SIGTERM finishes the batch under way)."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        run_relay()
