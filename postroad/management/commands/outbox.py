"""`manage.py outbox status|list|show|retry|discard`: show messages that wait to be sent, and retry or discard those that are set aside."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError
from django.db.models import Count, Max, Min
from django.utils.timesince import timesince
from typing_extensions import override

from postroad.codecs.showing import shown_body, shown_headers
from postroad.logs import indented, printable
from postroad.management.database_command import DatabaseCommand
from postroad.messaging.headers import NAMES
from postroad.messaging.models import OutboxMessage, OutboxState
from postroad.messaging.outbox import set_aside
from postroad.messaging.outbox.set_aside import Report

Act = Callable[[int], Report]

_MAX_LISTED = 100
_MAX_SHOWN = 2000  # characters of a body or of headers
_LINE = 60  # characters of a key
_STATES = {state.name.lower().replace("_", "-"): state for state in OutboxState}


class Command(DatabaseCommand):
    """Shows the outbox, and decides about messages that are set aside."""

    help = "Show what waits in the outbox, by destination or one by one; retry or discard what cannot be sent."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("status", help="what waits, by destination, with the last error")
        listing = actions.add_parser("list", help=f"messages that are set aside, the oldest {_MAX_LISTED}")
        listing.add_argument("--state", choices=sorted(_STATES), default="set-aside", help="others that wait")
        listing.add_argument("--channel", help="of this channel or queue only")
        actions.add_parser("show", help="one message whole").add_argument("id", type=int)
        for name, line in (
            ("retry", "send messages again, each in its place"),
            ("discard", "discard messages for good"),
        ):
            action = actions.add_parser(name, help=line)
            action.add_argument("id", type=int, nargs="*")
            action.add_argument("--channel", help="everything of this channel or queue that is held or set aside")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        match options["action"]:
            case "status":
                self._status()
            case "list":
                self._list(_STATES[options["state"]], channel=options["channel"])
            case "show":
                self._show(_find(options["id"]))
            case "retry":
                self._act(options, set_aside.retry, set_aside.retry_channel)
            case _:
                self._act(options, set_aside.discard, set_aside.discard_channel)

    def _status(self) -> None:
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
        if count := OutboxMessage.objects.filter(state=OutboxState.SET_ASIDE).count():
            self.stdout.write(f"{count} set aside, since they cannot be sent: 'outbox list' shows them.")

    def _list(self, state: OutboxState, *, channel: str | None) -> None:
        rows = OutboxMessage.objects.filter(state=state).defer(*OutboxMessage.LARGE_COLUMNS).order_by("id")
        rows = rows if channel is None else rows.filter(channel=channel)
        listed = list(rows[: _MAX_LISTED + 1])
        if not listed:
            self.stdout.write(f"No message is {state.label}.")
        for row in listed[:_MAX_LISTED]:
            where = f"{row.channel} {row.route}".strip()
            self.stdout.write(
                printable(
                    f"{row.pk:>8}  {state.label:<9}  {row.type or '?':<32}  {where:<24}"
                    f"  key {_short(row.partition_key) or '-':<12}  {row.error}"
                )
            )
        if len(listed) > _MAX_LISTED:
            self.stdout.write(f"and more; these are the oldest {_MAX_LISTED}.")

    def _show(self, row: OutboxMessage) -> None:
        for name in ("id", "message_id", "type", "channel", "route", "content_type", "correlation_id", "reply_to"):
            self.stdout.write(printable(f"{name:<15}{getattr(row, name)}"))
        self.stdout.write(f"{'state':<15}{OutboxState(row.state).label}")
        self.stdout.write(f"{'partition_key':<15}{printable(_short(row.partition_key))}")
        self.stdout.write(f"{'attempts':<15}{row.attempts}\n{'error':<15}{printable(row.error)}")
        headers = shown_headers(row.type, row.headers, known=NAMES)
        self.stdout.write(f"{'headers':<15}{ascii(headers)[:_MAX_SHOWN]}")
        body = shown_body(row.type, bytes(row.body))
        self.stdout.write(f"body, {len(row.body)} bytes:\n{indented(body[:_MAX_SHOWN].decode(errors='replace'))}")

    def _act(self, options: dict[str, Any], act: Act, act_on_channel: Callable[[str], Report]) -> None:
        if bool(options["id"]) == bool(options["channel"]):
            raise CommandError("Say which: ids from 'outbox list', or --channel.")
        if options["channel"]:
            self.stdout.write(act_on_channel(options["channel"]).text)
            return
        reports = [act(pk) for pk in options["id"]]
        for report in reports:
            self.stdout.write(report.text)
        if left := sum(not report.is_done for report in reports):
            raise CommandError(f"{left} of {len(reports)} were left as they are.")


def _find(pk: int) -> OutboxMessage:
    row = OutboxMessage.objects.filter(pk=pk).first()
    if row is None:
        raise CommandError(f"There is no message {pk} in the outbox; 'outbox list' shows what is set aside.")
    return row


def _short(text: str) -> str:
    return text if len(text) <= _LINE else f"{text[:_LINE]}…"
