"""`manage.py outbox status`: what waits for the relay, and why."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Count, Max, Min
from django.utils.timesince import timesince
from typing_extensions import override

from postroad.messaging.models import OutboxMessage
from postroad.runtime.logs import printable


class Command(BaseCommand):
    """Shows the outbox by destination."""

    help = "Show what waits in the outbox, by destination, with the last error."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["status"])

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        rows = (
            OutboxMessage.objects.values("channel", "route")
            .annotate(waiting=Count("id"), oldest=Min("created_at"), attempts=Max("attempts"), error=Max("error"))
            .order_by("oldest")
        )
        if not rows:
            self.stdout.write("The outbox is empty: everything has been handed to the broker.")
            return
        self.stdout.write(f"{'waiting':>8}  {'oldest':<12}  {'attempts':>8}  destination")
        for row in rows:
            where = f"{row['channel']} {row['route']}".strip()
            error = f"  ({row['error']})" if row["error"] else ""
            age = timesince(row["oldest"], depth=1)
            self.stdout.write(printable(f"{row['waiting']:>8}  {age:<12}  {row['attempts']:>8}  {where}{error}"))
