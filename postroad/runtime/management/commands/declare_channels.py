"""`manage.py declare_channels`: exchanges, queues and bindings of this service; idempotent."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from postroad.brokers.registry import broker_for
from postroad.conf import settings
from postroad.errors import PostroadError
from postroad.runtime.bootstrap import platform


class Command(BaseCommand):
    """Declares what `bootstrap` found in the handler tables."""

    help = "Declare the exchanges, queues and bindings of this service at the broker; safe to repeat."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        broker, topology = broker_for(settings().broker_url), platform().topology
        try:
            broker.declare(topology)
        except PostroadError as error:
            raise CommandError(str(error)) from error
        finally:
            broker.close()
        self.stdout.write(
            f"{len(topology.exchanges)} exchanges, {len(topology.queues)} queues and"
            f" {len(topology.bindings)} bindings are there."
        )
