"""Messages that cannot be sent: set aside with their key's later ones behind them, until a person decides.

As a parked message at a receiver (`deadletters`), but at the sender: only its own key, within its channel, waits.
A retry brings the message back to its place, since rows leave in id order; a discard frees its key.

Concurrency: retry and discard wait for the relay that owns the message's lane, and it for them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Left, Now

from postroad.messaging.models import KEY_CHARACTERS, OutboxHold, OutboxMessage, OutboxState, RelayLane
from postroad.messaging.outbox import holds, wakeup
from postroad.messaging.outbox.holds import Place

STEP_ROWS = 1000
"""Rows of one statement: a million replies to a queue that is gone are set aside turn by turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was done, in a sentence; `is_done` is False if there was nothing to do."""

    is_done: bool
    text: str


def set_aside_held(place: Place, *, error: str) -> int:
    """Set the oldest held rows of a destination aside, in the relay's transaction; return how many, `STEP_ROWS` at most."""
    ids = list(holds.held_rows(place).values_list("pk", flat=True)[:STEP_ROWS])
    return OutboxMessage.objects.filter(pk__in=ids).update(state=OutboxState.SET_ASIDE, error=error)


def retry(pk: int) -> Report:
    """Let the relay try a message again: with all of its channel and key if it is set aside, at once if it is held."""
    with transaction.atomic():
        message = _lock(pk)
        if message is None or message.state <= OutboxState.READY:
            return _nothing(pk, message)
        wakeup.ring_after_commit()
        if message.state == OutboxState.HELD:
            hold = OutboxHold.objects.filter(lane=message.lane, channel=message.channel, route=message.route)
            hold.update(retry_at=Now())
            return Report(is_done=True, text=f"{message.channel} {message.route}".strip() + " is tried again now.")
        rows = _free(_together(message))
    others = f", and {rows - 1} more of its key" if rows > 1 else ""
    return Report(is_done=True, text=f"Message {pk} is tried again in its place{others}.")


def discard(pk: int) -> Report:
    """Delete a message that waits; if nothing of its channel and key is set aside any more, what is behind it goes on."""
    with transaction.atomic():
        message = _lock(pk)
        if message is None or message.state <= OutboxState.READY:
            return _nothing(pk, message)
        freed, rest = 0, _together(message)
        OutboxMessage.objects.filter(pk=pk).delete()
        if message.partition_key and not rest.filter(state=OutboxState.SET_ASIDE).exists():
            freed = _free(rest)
        wakeup.ring_after_commit()
    return Report(is_done=True, text=f"Message {pk} is discarded" + (f"; {freed} behind it go on." if freed else "."))


def retry_channel(channel: str) -> Report:
    """Let the relay try everything of a channel or queue again, oldest first, in steps."""
    OutboxHold.objects.filter(channel=channel).update(retry_at=Now())
    waiting = OutboxMessage.objects.filter(channel=channel, state__gte=OutboxState.SET_ASIDE)
    rows = _in_steps(waiting, _free)
    return Report(is_done=True, text=f"{rows} messages of {channel} are tried again, and those that are held.")


def discard_channel(channel: str) -> Report:
    """Delete everything of a channel or queue that is held or set aside, in steps; what was only behind it goes on."""
    given_up = OutboxMessage.objects.filter(channel=channel, state__in=[OutboxState.HELD, OutboxState.SET_ASIDE])
    rows = _in_steps(given_up, lambda step: step.delete()[0])
    same_key = {name: OuterRef(name) for name in ("lane", "channel", "partition_key")}
    aside = OutboxMessage.objects.filter(state=OutboxState.SET_ASIDE, **same_key)
    freed = _in_steps(OutboxMessage.objects.filter(~Exists(aside), channel=channel, state=OutboxState.BEHIND), _free)
    return Report(is_done=True, text=f"{rows} messages of {channel} are discarded; {freed} behind them go on.")


def _in_steps(rows: "QuerySet[OutboxMessage]", act: "Callable[[QuerySet[OutboxMessage]], int]") -> int:
    """Act on rows, oldest first, while no relay has their partitions; each step is a transaction."""
    done = 0
    while True:
        with transaction.atomic():
            list(RelayLane.objects.select_for_update().order_by("lane"))
            ids = list(rows.order_by("id").values_list("pk", flat=True)[:STEP_ROWS])
            done += act(OutboxMessage.objects.filter(pk__in=ids)) if ids else 0
            wakeup.ring_after_commit()
        if len(ids) < STEP_ROWS:
            return done


def _lock(pk: int) -> OutboxMessage | None:
    """Return a message while no relay has its partition; large columns are left in the database."""
    lanes = OutboxMessage.objects.filter(pk=pk).values_list("lane", flat=True)
    for lane in lanes:
        list(RelayLane.objects.select_for_update().filter(lane=lane))
        return OutboxMessage.objects.defer(*OutboxMessage.LARGE_COLUMNS).filter(pk=pk).first()
    return None


def _together(message: OutboxMessage) -> "QuerySet[OutboxMessage]":
    """Return what is set aside, or behind it, with a message: those of its channel and key, or itself if it has no key."""
    waiting = OutboxMessage.objects.filter(state__gte=OutboxState.SET_ASIDE, lane=message.lane, channel=message.channel)
    if not message.partition_key:
        return waiting.filter(pk=message.pk)
    start = waiting.alias(start=Left("partition_key", KEY_CHARACTERS)).filter(
        start=message.partition_key[:KEY_CHARACTERS]
    )
    return start.filter(partition_key=message.partition_key)


def _free(rows: "QuerySet[OutboxMessage]") -> int:
    """Give rows back to the relay; where their destination is held, among the held ones, so that none overtakes them."""
    hold = OutboxHold.objects.filter(lane=OuterRef("lane"), channel=OuterRef("channel"), route=OuterRef("route"))
    waiting = rows.filter(state__gte=OutboxState.SET_ASIDE)
    return waiting.filter(Exists(hold)).update(state=OutboxState.HELD) + waiting.update(state=OutboxState.READY)


def _nothing(pk: int, message: OutboxMessage | None) -> Report:
    if message is None:
        return Report(is_done=False, text=f"There is no message {pk} in the outbox; it may have been sent.")
    return Report(is_done=False, text=f"Message {pk} waits for the relay only; nothing was changed.")
