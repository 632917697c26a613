"""`manage.py grpc`: answer gRPC calls until stopped."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from postroad.errors import PostroadError
from postroad.processes.grpc import run_grpc


class Command(BaseCommand):
    """Serves in the foreground; SIGTERM ends it after the calls under way."""

    help = "Answer gRPC calls on GRPC_PORT until stopped (SIGTERM finishes the calls under way)."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run_grpc()
        except PostroadError as error:
            raise CommandError(str(error)) from error
