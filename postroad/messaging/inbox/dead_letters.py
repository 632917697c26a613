"""Parks messages that cannot be handled, with their keys; redrives or discards them later.

While a message of a key is parked, later messages of that key are parked behind it in order; other keys are not affected.
A message that is not part of the contract is parked alone: later messages of its key do not wait for it.
Redrive handles the parked messages of a key in that order, each in a transaction of its own.
"""

import itertools
import traceback as tracebacks
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.db.models.functions import Length

from postroad import clock
from postroad.errors import BodyUnread, ForeignMessage, summary
from postroad.ids import new_id
from postroad.messaging.conf import MessagingSettings
from postroad.messaging.inbox import table as inbox
from postroad.messaging.message import Envelope
from postroad.messaging.models import DeadLetter, DeadLetterPart, DeadLetterState, Start
from postroad.messaging.outbox.producer import unit_of_work
from postroad.messaging.texts import SHORT, short, storable

Show = Callable[[str, Envelope], str]
"""Hides sensitive values in a text about a message: reasons and tracebacks may quote its body."""

BEHIND = "an earlier message of the same key is parked"

_PART_BYTES = 1024 * 1024
_MAX_REASON = 4_000  # characters: an error may have its whole input in its text
_MAX_TRACEBACK = 100_000  # the last characters, where it happened


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrive:
    """What a redrive did.

    Attributes:
        handled: Messages that were handled.
        failed: The last message that failed again; None when all were handled.
        error: Why it failed.
    """

    handled: int
    failed: DeadLetter | None = None
    error: str = ""


def park(
    subscriber: str,
    envelope: Envelope,
    *,
    reason: str,
    traceback: str = "",
    attempts: int = 0,
    is_alone: bool = False,
    body_path: str = "",
) -> None:
    """Store a message as a dead letter and mark it processed, so that a duplicate changes nothing.

    Its key is parked with it, unless it is alone.  A body that was not read is stored from its file, part by part.

    Concurrency: parking the same message twice is one dead letter.
    """
    subscriber = short(storable(subscriber))  # a queue's name may come from the sender, in what the broker gave up
    with transaction.atomic():
        if inbox.admit(subscriber, [envelope]).new:
            message_id = _store(
                subscriber, envelope, reason=reason, traceback=traceback, attempts=attempts, is_alone=is_alone
            )
            if body_path:
                _store_parts(DeadLetter.objects.get(subscriber=subscriber, message_id=message_id), Path(body_path))


def park_behind(subscriber: str, envelope: Envelope) -> bool:
    """Park a message behind the parked one of its key; False if that one was redriven meanwhile.

    The first parked row is locked, so a redrive that is about to free the key waits, or has freed it.
    """
    if not parked(subscriber, storable(envelope.key)).select_for_update().first():
        return False
    _store(subscriber, envelope, reason=BEHIND, traceback="", attempts=0)
    return True


def keep(subscriber: str, envelope: Envelope, *, reason: str) -> None:
    """Park a message whose handler has noted that it cannot use it, in the handler's transaction."""
    _store(subscriber, envelope, reason=reason, traceback="", attempts=1)


def collect(subscriber: str, envelope: Envelope, *, reason: str, is_alone: bool, body_path: str = "") -> None:
    """Store a message from the broker's dead-letter queue; nothing happens if it is parked already.

    The message may have been handled before its acknowledgement was lost: then nothing is stored.
    """
    park(subscriber, envelope, reason=reason, is_alone=is_alone, body_path=body_path)


def redrive(subscriber: str, key: str, handle: Callable[[Envelope], None], *, show: Show) -> Redrive:
    """Handle the parked messages of a key in order; stop at the first that fails again.

    A message that is not part of the contract stays parked, but alone; those behind it are handled.

    Concurrency: each message is one transaction under a lock on its row; a second redrive of the key waits.
    """
    handled, failed, reason = 0, None, ""
    while True:
        letter: DeadLetter | None = None
        try:
            with unit_of_work():
                letter = parked(subscriber, key).select_for_update().first()
                if letter is None:
                    return Redrive(handled=handled, failed=failed, error=reason)
                handle(envelope_of(letter))
                _end(letter, DeadLetterState.REDRIVEN)
            handled += 1
        except ForeignMessage as error:
            if letter is None:
                raise
            failed, reason = letter, _note_failure(letter, error, show, is_alone=True)
        except Exception as error:
            if letter is None:
                raise
            return Redrive(handled=handled, failed=letter, error=_note_failure(letter, error, show))


def redrive_one(letter: DeadLetter, handle: Callable[[Envelope], None], *, show: Show) -> Redrive:
    """Handle what is parked for a letter's key, or the letter alone when it has no key."""
    if letter.partition_key:
        return redrive(letter.subscriber, letter.partition_key, handle, show=show)
    try:
        with unit_of_work():
            locked = DeadLetter.objects.select_for_update().get(pk=letter.pk)
            if locked.state != DeadLetterState.PARKED:
                return Redrive(handled=0)
            handle(envelope_of(locked))
            _end(locked, DeadLetterState.REDRIVEN)
    except Exception as error:  # noqa: BLE001 - as in `redrive`
        return Redrive(handled=0, failed=letter, error=_note_failure(letter, error, show))
    return Redrive(handled=1)


def discard(letter: DeadLetter) -> bool:
    """Discard a parked message; those behind it stay parked until they are redriven.

    Returns whether it was still parked.
    """
    with transaction.atomic():
        locked = DeadLetter.objects.select_for_update().get(pk=letter.pk)
        if locked.state != DeadLetterState.PARKED:
            return False
        _end(locked, DeadLetterState.DISCARDED)
        return True


def body_bytes(letter: DeadLetter) -> int:
    """Return the size of a letter's body; a body that is stored in parts is measured in the database."""
    parts: int | None = None if letter.body else letter.parts.aggregate(total=Sum(Length("data")))["total"]
    return parts or len(letter.body)


def opening(letter: DeadLetter, maximum: int) -> bytes:
    """Return the beginning of a letter's body, at most so many bytes."""
    body = bytearray(letter.body[:maximum])
    for part in letter.parts.order_by("number").iterator(chunk_size=1) if not body else ():
        body += part.data
        if len(body) >= maximum:
            break
    return bytes(body[:maximum])


def envelope_of(letter: DeadLetter) -> Envelope:
    """Return the parked message as it was received.

    Raises:
        BodyUnread: Its body was too large to be read, and still is.
    """
    size, maximum = body_bytes(letter), MessagingSettings.current().consumer_message_bytes
    if size > maximum:
        raise BodyUnread(
            f"the body has {size} bytes, CONSUMER_MESSAGE_BYTES is {maximum}; discard the message, or redrive it with"
            f" POSTROAD_CONSUMER_MESSAGE_BYTES={size} manage.py deadletters redrive {letter.pk}."
        )
    return letter.envelope(body=opening(letter, size))


def parked(subscriber: str, key: str) -> "QuerySet[DeadLetter]":
    """Return what is parked for a key as it is stored, in order."""
    letters = DeadLetter.objects.alias(start=Start("partition_key")).filter(
        subscriber=subscriber, start=key[:SHORT], partition_key=key, state=DeadLetterState.PARKED
    )
    return letters.order_by("id")


def _store(
    subscriber: str, envelope: Envelope, *, reason: str, traceback: str, attempts: int, is_alone: bool = False
) -> str:
    """Insert a letter, unless there is one of this message from before retention forgot that it was processed.

    Returns the message id in it.
    """
    letter = DeadLetter.of(
        envelope,
        subscriber=subscriber,
        message_id=inbox.identity(envelope) or f"unidentified-{new_id()}",
        partition_key="" if is_alone else storable(envelope.key),
        reason=storable(reason)[:_MAX_REASON],
        traceback=storable(traceback)[-_MAX_TRACEBACK:],
        attempts=attempts,
    )
    DeadLetter.objects.bulk_create([letter], ignore_conflicts=True)
    return letter.message_id


def _store_parts(letter: DeadLetter, path: Path) -> None:
    """Store a body from its file, part by part, unless the letter has one already."""
    if body_bytes(letter):
        return
    with path.open("rb") as file:
        for number in itertools.count():
            data = file.read(_PART_BYTES)
            if not data:
                return
            DeadLetterPart.objects.create(letter=letter, number=number, data=data)


def _end(letter: DeadLetter, state: DeadLetterState) -> None:
    letter.state, letter.ended_at = state, clock.now()
    letter.save(update_fields=["state", "ended_at"])


def _note_failure(letter: DeadLetter, error: Exception, show: Show, *, is_alone: bool = False) -> str:
    """Store why a letter failed again, and return it as text for people."""
    body = b"" if isinstance(error, BodyUnread) else opening(letter, body_bytes(letter))
    envelope = letter.envelope(body=body)
    letter.attempts += 1
    letter.reason = storable(show(summary(error), envelope))
    letter.traceback = storable(show("".join(tracebacks.format_exception(error)), envelope))[-_MAX_TRACEBACK:]
    letter.partition_key = "" if is_alone else letter.partition_key
    letter.save(update_fields=["attempts", "reason", "traceback", "partition_key"])
    return letter.reason
