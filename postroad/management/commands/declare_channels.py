"""`manage.py declare_channels`: exchanges, queues and bindings of this service; idempotent."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from typing_extensions import override

from postroad.brokers.registry import broker_for
from postroad.composition import Postroad, installed
from postroad.errors import PostroadError
from postroad.messaging.broker import Broker
from postroad.messaging.conf import MessagingSettings
from postroad.operations.cluster.partitions import ask_workers
from postroad.processes import bindings
from postroad.schema.describing import describe_error


class Command(BaseCommand):
    """Declares the channels of the handler tables, and removes bindings that no handler needs any more."""

    help = "Declare the exchanges, queues and bindings of this service at the broker; safe to repeat."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--prune",
            action="store_true",
            help="remove bindings that no handler of this release wants at once, whatever else runs (after a rollback)",
        )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        broker, parts = broker_for(MessagingSettings.current().broker_url), installed()
        try:
            broker.declare(parts.topology)
            self.stdout.write(
                f"{len(parts.topology.exchanges)} exchanges, {len(parts.topology.queues)} queues and"
                f" {len(parts.topology.bindings)} bindings are there."
            )
            self._remove_stale(broker, parts, at_once=options["prune"])
        except PostroadError as error:
            raise CommandError(str(error)) from error
        except Error as error:
            self.stderr.write(f"Bindings of earlier releases were not checked: {describe_error(error)}")
        finally:
            broker.close()

    def _remove_stale(self, broker: Broker, parts: Postroad, *, at_once: bool) -> None:
        bindings.remember(parts)
        before = len(bindings.stale(parts))
        if not before:
            return
        others = [] if at_once or not broker.is_durable else _other_releases(parts)
        left = before if others else bindings.remove_stale(broker, parts, is_patient=not at_once)
        if before > left:
            self.stdout.write(f"{before - left} bindings are removed that no handler wants any more.")
        if left:
            why = f"{others[0]} runs another release" if others else "another release declared them lately"
            self.stdout.write(
                f"{left} bindings stay that no handler here wants: {why}. Workers remove them when it has gone;"
                " --prune does so at once."
            )


def _other_releases(parts: Postroad) -> list[str]:
    own = bindings.digest_of(parts)
    workers = ask_workers().items()
    return [node for node, said in workers if said.service == bindings.name_of(parts) and said.bindings != own]
