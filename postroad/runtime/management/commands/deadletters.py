"""`manage.py deadletters list|show|redrive|discard`: look after parked messages."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from postroad.codecs.showing import shown_body
from postroad.messaging.models import DeadLetter, DeadLetterState
from postroad.runtime import bootstrap, redrive
from postroad.runtime.logs import indented, printable

_MOST_SHOWN = 2000  # characters of a body


class Command(BaseCommand):
    """Redriving handles the parked messages of a key in order, in this process."""

    help = "List, show, redrive or discard parked messages."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="parked messages, oldest first")
        listing.add_argument("--subscriber", default="")
        listing.add_argument("--all", action="store_true", help="ended ones too")
        actions.add_parser("discard", help="give one message up for good").add_argument("id", type=int)
        show = actions.add_parser("show", help="one message, without what its type declares sensitive")
        show.add_argument("id", type=int)
        show.add_argument("--unmasked", action="store_true", help="the body whole, sensitive or not")
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
        for letter in letters:
            self.stdout.write(
                printable(
                    f"{letter.pk:>6}  {letter.state:<9}  {letter.subscriber:<24}  {letter.type or '?':<32}"
                    f"  key {letter.partition_key or '-':<12}  {letter.reason[:100]}"
                )
            )

    def _show(self, letter: DeadLetter, *, is_whole: bool) -> None:
        for name in ("id", "state", "subscriber", "type", "message_id", "partition_key", "content_type", "reply_to"):
            self.stdout.write(printable(f"{name:<15}{getattr(letter, name)}"))
        self.stdout.write(f"{'attempts':<15}{letter.attempts}\n{'reason':<15}{printable(letter.reason)}")
        self.stdout.write(indented(letter.traceback))
        body = bytes(letter.body)
        bootstrap.platform()  # imports what the services declare
        shown = body if is_whole else shown_body(letter.type, body)
        self.stdout.write(f"body, {len(body)} bytes:\n{indented(shown[:_MOST_SHOWN].decode(errors='replace'))}")

    def _redrive(self, letter_id: int | None, *, is_all: bool) -> None:
        if is_all:
            self._report(redrive.redrive_all())
        elif letter_id is not None:
            self._report(redrive.redrive(_find(letter_id)))
        else:
            raise CommandError("Say which: an id from 'deadletters list', or --all.")

    def _report(self, report: redrive.Report) -> None:
        if not report.is_complete:
            raise CommandError(report.text)
        self.stdout.write(report.text)


def _find(letter_id: int) -> DeadLetter:
    letter = DeadLetter.objects.filter(pk=letter_id).first()
    if letter is None:
        raise CommandError(f"There is no dead letter {letter_id}; 'deadletters list' shows what is there.")
    return letter
