"""`manage.py grpc`: answer gRPC calls until stopped."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string
from typing_extensions import override

from postroad.errors import PostroadError


class Command(BaseCommand):
    """Serves in the foreground; SIGTERM ends it after the calls under way."""

    help = "Answer gRPC calls on GRPC_PORT until stopped (SIGTERM finishes the calls under way)."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            import_string("postroad.processes.grpc.run_grpc")()  # imported now, because its packages are optional
        except PostroadError as error:
            raise CommandError(str(error)) from error
