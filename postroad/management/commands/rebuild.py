"""`manage.py rebuild <replica>`: ask the owner of a replica's data for all of it again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from typing_extensions import override

from postroad.composition import installed
from postroad.events.messages import event_description
from postroad.events.snapshots import PublishSnapshots, ask
from postroad.management.database_command import DatabaseCommand
from postroad.messaging.outbox.producer import unit_of_work


class Command(DatabaseCommand):
    """Only asks: the answers are ordinary events, handled by the workers as they arrive."""

    help = "Ask the owner of a replica's data to publish all of it again, for this replica only."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("replica", help="name of the subscriber that keeps it, such as orders.restaurants")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        replicas = installed().replicas
        table = replicas.get(options["replica"])
        if table is None:
            known = ", ".join(sorted(replicas)) or "none"
            raise CommandError(f"There is no replica {options['replica']!r} here; known: {known}.")
        types = tuple(sorted(event_description(message).name for message in table.handlers))
        with unit_of_work():
            ask(
                PublishSnapshots(
                    channel=table.of.name, subscriber=table.subscriber, shards=table.of.shards, types=types
                )
            )
        self.stdout.write(
            f"{table.subscriber} asks for all of {table.of.name}; the events are handled as they arrive"
            " ('outbox status' of the owner shows what is still to come)."
        )
