"""Checks whether the relay runs, by the messages that wait for it and, on PostgreSQL, by the time it was last seen.

A relay process says every few seconds that it is there (`messaging.outbox.presence`), and takes the oldest rows first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import Error
from django.db.models import DurationField, ExpressionWrapper, F, QuerySet
from django.db.models.functions import Now

from postroad.messaging.models import OutboxHold, OutboxMessage, OutboxState
from postroad.messaging.outbox import table as outbox
from postroad.messaging.outbox.presence import is_relay_there
from postroad.operations.doctor.findings import Finding, failure, ok, warning

RELAY, OUTBOX = "relay", "outbox"
_MAX_COUNTED = 10_000  # rows: what counting so far costs is milliseconds
_START = "start it: python manage.py relay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The row that has waited longest, for the relay or for its destination.

    Attributes:
        seconds: For how long, by the database's clock.
        error: Why it could not be sent; empty if that was not tried.
    """

    seconds: float
    destination: str
    error: str


def look_at_relay(*, late_seconds: float, has_process: bool) -> Iterator[Finding]:
    """Look at the oldest row that is due, and whether a relay was seen.

    Args:
        late_seconds: How long a row may wait.
        has_process: Whether the relay is a process of its own; the one-process mode has a thread, which says nothing.
    """
    try:
        oldest, set_aside = oldest_due(), _count_set_aside()
        is_there = is_relay_there() if has_process else None
    except Error as error:
        yield failure(
            RELAY,
            f"the outbox cannot be read: {str(error).partition(chr(10))[0]}",
            remedy="run: python manage.py migrate",
        )
        return
    if oldest is not None and oldest.seconds >= late_seconds:
        yield _late(oldest, is_there=is_there)
    elif is_there is False and oldest is None:
        yield failure(RELAY, "nothing waits, but no relay has been seen lately", remedy=_START)
    elif is_there is False:
        yield warning(
            RELAY, "messages have been waiting for a short time, and no relay has been seen lately", remedy=_START
        )
    else:
        seen = "" if is_there is None else ", a relay is there"
        waits = "nothing waits" if oldest is None else f"the oldest message waits {max(0.0, oldest.seconds):.1f} s"
        yield ok(RELAY, f"{waits}{seen}")
    if set_aside:
        number = f"{set_aside} messages are" if set_aside > 1 else "1 message is"
        more = " or more" if set_aside == _MAX_COUNTED else ""
        yield warning(
            OUTBOX,
            f"{number}{more} set aside: they cannot be sent, and later ones of their keys wait",
            remedy="see: python manage.py outbox list; then outbox retry or outbox discard",
        )


def oldest_due() -> Waiting | None:
    """Return what has waited longest: the oldest row that is ready, by id, or the oldest destination that is held."""
    ready = _waiting(OutboxMessage.objects.filter(pk__in=outbox.find_oldest()), since="available_at")
    held = _waiting(OutboxHold.objects.order_by("since"), since="since")
    return max((one for one in (ready, held) if one), key=lambda one: one.seconds, default=None)


def _waiting(rows: "QuerySet[Any]", *, since: str) -> Waiting | None:
    age = ExpressionWrapper(Now() - F(since), output_field=DurationField())
    for waited, channel, route, error in rows.annotate(age=age).values_list("age", "channel", "route", "error")[:1]:
        seconds = waited / timedelta(seconds=1)
        return Waiting(seconds=seconds, destination=f"{channel} {route}".strip(), error=error)
    return None


def _count_set_aside() -> int:
    return OutboxMessage.objects.filter(state=OutboxState.SET_ASIDE).order_by("id")[:_MAX_COUNTED].count()


def _late(oldest: Waiting, *, is_there: bool | None) -> Finding:
    text = f"a message to {oldest.destination} waits for {oldest.seconds:.0f} s"
    if oldest.error:
        return failure(
            RELAY,
            f"{text}; its destination does not take it ({oldest.error})",
            remedy="see: python manage.py outbox status; does the receiver's service run, and has it declared its channels?",
        )
    if is_there:
        return failure(
            RELAY,
            f"{text}; a relay runs but makes no progress",
            remedy="look at its log; if it is only overloaded, start a second one",
        )
    return failure(RELAY, f"{text}; no relay takes it", remedy=_START)
