"""`manage.py deadletters list|show|export|redrive|discard`: show, export, redrive or discard parked messages."""

import base64
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from typing_extensions import override

from postroad.codecs.showing import MAX_READ, shown_body, shown_headers
from postroad.composition import installed
from postroad.logs import indented, printable
from postroad.management.database_command import DatabaseCommand
from postroad.messaging.headers import NAMES
from postroad.messaging.inbox import dead_letters
from postroad.messaging.models import DeadLetter, DeadLetterState
from postroad.processes import redrive

_MAX_SHOWN = 2000  # characters of a body
_MAX_LISTED = 100  # characters of a value in the list
_CHUNK_ROWS = 10  # dead letters in memory at once: each may have the broker's maximum message size
_TEXTS = ("subscriber", "state", "message_id", "type", "partition_key", "content_type", "correlation_id", "reply_to")


class Command(DatabaseCommand):
    """Redriving handles the parked messages of a key in order, in this process."""

    help = "List, show, export, redrive or discard parked messages."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="parked messages, oldest first")
        listing.add_argument("--subscriber", default="")
        listing.add_argument("--all", action="store_true", help="ended ones too")
        actions.add_parser("discard", help="discard one message for good").add_argument("id", type=int)
        show = actions.add_parser("show", help="one message, without what its type declares sensitive")
        show.add_argument("id", type=int)
        show.add_argument("--unmasked", action="store_true", help="the body whole, sensitive or not")
        export = actions.add_parser("export", help="messages, an object of JSON a line, oldest first")
        export.add_argument("ids", type=int, nargs="*", help="these; default: all that are parked")
        export.add_argument("--all", action="store_true", help="ended ones too")
        export.add_argument("--unmasked", action="store_true", help="whole, what their types declare sensitive too")
        again = actions.add_parser("redrive", help="handle what is parked, in order")
        again.add_argument("id", type=int, nargs="?", help="one message, with those parked behind it")
        again.add_argument("--all", action="store_true", help="everything that is parked")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        match options["action"]:
            case "list":
                self._list(options["subscriber"], is_all=options["all"])
            case "show":
                self._show(_find(options["id"]), is_whole=options["unmasked"])
            case "export":
                self._export(options["ids"], is_all=options["all"], is_whole=options["unmasked"])
            case "discard":
                self._report(redrive.discard(_find(options["id"])))
            case _:
                self._redrive(options["id"], is_all=options["all"])

    def _list(self, subscriber: str, *, is_all: bool) -> None:
        letters = DeadLetter.objects.order_by("id")
        letters = letters if is_all else letters.filter(state=DeadLetterState.PARKED)
        letters = letters.filter(subscriber=subscriber) if subscriber else letters
        if not letters.exists():
            self.stdout.write("No message is parked.")
        for letter in letters.defer(*DeadLetter.LARGE_COLUMNS).iterator():
            self.stdout.write(
                f"{letter.pk:>6}  {letter.state:<9}  {_line(letter.subscriber):<24}  {_line(letter.type) or '?':<32}"
                f"  key {_line(letter.partition_key) or '-':<12}  {_line(letter.reason)}"
            )

    def _show(self, letter: DeadLetter, *, is_whole: bool) -> None:
        for name in ("id", "state", "subscriber", "type", "message_id", "partition_key", "content_type", "reply_to"):
            self.stdout.write(printable(f"{name:<15}{getattr(letter, name)}"))
        headers = letter.headers if is_whole else shown_headers(letter.type, letter.headers, known=NAMES)
        for name, value in sorted(headers.items()):
            self.stdout.write(printable(f"{'header':<15}{name}: {value}"))
        self.stdout.write(f"{'attempts':<15}{letter.attempts}\n{'reason':<15}{printable(letter.reason)}")
        self.stdout.write(indented(letter.traceback))
        size = dead_letters.body_bytes(letter)
        shown = dead_letters.opening(letter, _MAX_SHOWN if is_whole else MAX_READ)
        shown = shown if is_whole else shown_body(letter.type, shown, size=size)
        self.stdout.write(f"body, {size} bytes:\n{indented(shown[:_MAX_SHOWN].decode(errors='replace'))}")

    def _export(self, ids: list[int], *, is_all: bool, is_whole: bool) -> None:
        letters = DeadLetter.objects.order_by("id")
        letters = letters.filter(pk__in=ids) if ids else letters
        letters = letters if ids or is_all else letters.filter(state=DeadLetterState.PARKED)
        for letter in letters.iterator(chunk_size=_CHUNK_ROWS):
            self.stdout.write(json.dumps(_exported(letter, is_whole=is_whole)))

    def _redrive(self, letter_id: int | None, *, is_all: bool) -> None:
        if is_all:
            self._report(redrive.redrive_all(installed()))
        elif letter_id is not None:
            self._report(redrive.redrive(installed(), _find(letter_id)))
        else:
            raise CommandError("Say which: an id from 'deadletters list', or --all.")

    def _report(self, report: redrive.Report) -> None:
        if not report.is_complete:
            raise CommandError(report.text)
        self.stdout.write(report.text)


def _line(text: str) -> str:
    return printable(text[:_MAX_LISTED])


def _exported(letter: DeadLetter, *, is_whole: bool) -> dict[str, Any]:
    """Return a dead letter as JSON values; a body that is not text is in `body_base64` in place of `body`."""
    size, headers = dead_letters.body_bytes(letter), letter.headers
    body = dead_letters.opening(letter, size)
    if not is_whole:
        body, headers = shown_body(letter.type, body), shown_headers(letter.type, headers, known=NAMES)
    try:
        content = {"body": body.decode()}
    except UnicodeDecodeError:
        content = {"body_base64": base64.b64encode(body).decode()}
    return {
        "id": letter.pk,
        **{name: getattr(letter, name) for name in (*_TEXTS, "app_id", "sent_at")},
        "headers": headers,
        **content,
        **{name: getattr(letter, name) for name in ("reason", "traceback", "attempts")},
        "created_at": letter.created_at.isoformat(),
        "ended_at": letter.ended_at and letter.ended_at.isoformat(),
    }


def _find(letter_id: int) -> DeadLetter:
    letter = DeadLetter.objects.filter(pk=letter_id).first()
    if letter is None:
        raise CommandError(f"There is no dead letter {letter_id}; 'deadletters list --all' shows all.")
    return letter
