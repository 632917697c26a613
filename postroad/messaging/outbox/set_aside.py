"""Messages that cannot be sent: they are set aside, and later messages of their key wait, until an operator decides.

This is what a parked message is at a receiver (`deadletters`): only its own key, within its channel, waits.
A retry puts the message back in its place, since rows are sent in id order; a discard releases its key.

Concurrency: retry and discard wait for the relay that owns the message's partition, and that relay waits for them.
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
"""Maximum rows of one statement: a million replies to a deleted queue are set aside over many turns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was done, in a sentence; `is_done` is False if there was nothing to do."""

    is_done: bool
    text: str


def set_aside_held(place: Place, *, error: str) -> int:
    """Set aside the oldest held rows of a destination, at most `STEP_ROWS`, in the relay's transaction; return how many."""
    ids = list(holds.held_rows(place).values_list("pk", flat=True)[:STEP_ROWS])
    return OutboxMessage.objects.filter(pk__in=ids).update(state=OutboxState.SET_ASIDE, error=error)


def retry(pk: int) -> Report:
    """Let the relay try a message again now; if it is set aside, with all waiting rows of its channel and key."""
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
    """Delete a waiting message; if no other message of its channel and key is set aside, those behind it are released."""
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
    """Delete all held and set-aside rows of a channel or queue, in steps; rows that waited only for them are released."""
    given_up = OutboxMessage.objects.filter(channel=channel, state__in=[OutboxState.HELD, OutboxState.SET_ASIDE])
    rows = _in_steps(given_up, lambda step: step.delete()[0])
    same_key = {name: OuterRef(name) for name in ("lane", "channel", "partition_key")}
    aside = OutboxMessage.objects.filter(state=OutboxState.SET_ASIDE, **same_key)
    freed = _in_steps(OutboxMessage.objects.filter(~Exists(aside), channel=channel, state=OutboxState.BEHIND), _free)
    return Report(is_done=True, text=f"{rows} messages of {channel} are discarded; {freed} behind them go on.")


def _in_steps(rows: "QuerySet[OutboxMessage]", act: "Callable[[QuerySet[OutboxMessage]], int]") -> int:
    """Act on rows, oldest first, while no relay owns their partitions; each step is a transaction."""
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
    """Return a message while no relay owns its partition; large columns are not read."""
    lanes = OutboxMessage.objects.filter(pk=pk).values_list("lane", flat=True)
    for lane in lanes:
        list(RelayLane.objects.select_for_update().filter(lane=lane))
        return OutboxMessage.objects.defer(*OutboxMessage.LARGE_COLUMNS).filter(pk=pk).first()
    return None


def _together(message: OutboxMessage) -> "QuerySet[OutboxMessage]":
    """Return the rows of a message's channel and key that are set aside or behind; only itself if it has no key."""
    waiting = OutboxMessage.objects.filter(state__gte=OutboxState.SET_ASIDE, lane=message.lane, channel=message.channel)
    if not message.partition_key:
        return waiting.filter(pk=message.pk)
    start = waiting.alias(start=Left("partition_key", KEY_CHARACTERS)).filter(
        start=message.partition_key[:KEY_CHARACTERS]
    )
    return start.filter(partition_key=message.partition_key)


def _free(rows: "QuerySet[OutboxMessage]") -> int:
    """Make rows ready for the relay, or held if their destination is held, so that order is kept."""
    hold = OutboxHold.objects.filter(lane=OuterRef("lane"), channel=OuterRef("channel"), route=OuterRef("route"))
    waiting = rows.filter(state__gte=OutboxState.SET_ASIDE)
    return waiting.filter(Exists(hold)).update(state=OutboxState.HELD) + waiting.update(state=OutboxState.READY)


def _nothing(pk: int, message: OutboxMessage | None) -> Report:
    if message is None:
        return Report(is_done=False, text=f"There is no message {pk} in the outbox; it may have been sent.")
    return Report(
        is_done=False, text=f"Message {pk} is neither held nor set aside: the relay sends it next; nothing was changed."
    )
