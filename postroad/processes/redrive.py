"""Redrives and discards dead letters with the handlers of this process, for the command line and the admin."""

from collections.abc import Iterable
from dataclasses import dataclass

from postroad.codecs.showing import shown_text
from postroad.composition import Postroad
from postroad.logs import printable
from postroad.messaging.inbox import dead_letters
from postroad.messaging.inbox.pipeline import Subscription, run_handler
from postroad.messaging.models import DeadLetter, DeadLetterState

_MAX_SHOWN = 100  # characters of a key


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The result in one sentence; `is_complete` is False if a message failed again or nothing was done."""

    text: str
    is_complete: bool = True


def redrive(postroad: Postroad, letter: DeadLetter) -> Report:
    """Handle a parked message and those of its key, in order; never raises for a handler's failure."""
    subscription = postroad.subscriptions.get(letter.subscriber)
    if subscription is None:
        return Report(text=f"{letter.subscriber!r} has no handlers in this process.", is_complete=False)
    return _report(letter, _redriven(letter, subscription))


def redrive_all(postroad: Postroad) -> Report:
    """Handle everything that is parked, key by key; a key that fails again does not stop the others."""
    parked = DeadLetter.objects.filter(state=DeadLetterState.PARKED).defer(*DeadLetter.LARGE_COLUMNS)
    reports = [redrive(postroad, letter) for letter in heads(parked.order_by("id").iterator())]
    failed = [report.text for report in reports if not report.is_complete]
    if failed:
        return Report(text=f"{len(failed)} of {len(reports)} keys failed again: {' '.join(failed)}", is_complete=False)
    return Report(text=f"{len(reports)} keys redriven." if reports else "No message is parked.")


def heads(letters: Iterable[DeadLetter]) -> list[DeadLetter]:
    """Return the first letter of each key, because a redrive handles the whole key; a letter without key stands for itself."""
    found: dict[tuple[str, str, int], DeadLetter] = {}
    for letter in letters:
        found.setdefault((letter.subscriber, letter.partition_key, 0 if letter.partition_key else letter.pk), letter)
    return list(found.values())


def discard(letter: DeadLetter) -> Report:
    """Discard one parked message."""
    if dead_letters.discard(letter):
        return Report(text=f"Dead letter {letter.pk} is discarded; redrive the messages parked behind it.")
    return Report(text=f"Dead letter {letter.pk} was not parked any more; nothing changed.", is_complete=False)


def _redriven(letter: DeadLetter, subscription: Subscription) -> dead_letters.Redrive:
    return dead_letters.redrive_one(
        letter,
        lambda envelope: run_handler(subscription, envelope),
        show=lambda text, envelope: shown_text(text, envelope.type, envelope.body),
    )


def _report(letter: DeadLetter, result: dead_letters.Redrive) -> Report:
    key = f" of key {printable(letter.partition_key[:_MAX_SHOWN])}" if letter.partition_key else ""
    if result.failed is None:
        return Report(text=f"{result.handled} messages{key} for {letter.subscriber} handled.")
    return Report(
        text=f"{result.handled} messages{key} handled, then {result.failed.pk} failed again: {printable(result.error)}.",
        is_complete=False,
    )
