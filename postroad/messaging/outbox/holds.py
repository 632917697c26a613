"""Holds: rows for a destination that does not take messages are kept apart, and return to the relay in order.

    ready → the destination fails → held → its first row is tried after a growing delay → taken → the others follow

A turn of the relay that meets rows of a held destination marks them as held, one batch at a time; later turns do not read
them.  So a turn costs the same however many rows are held.  While rows of a destination are held, later ones are held
behind them, so a key keeps its order.  Delayed rows are not read either, until their delay is over.  Every call is
part of the relay's transaction, which owns the partitions.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Now

from postroad.messaging.models import OutboxHold, OutboxMessage, OutboxState
from postroad.messaging.outbox import table as outbox
from postroad.messaging.outbox.table import OwnedPartition, TakenRow

MAX_DUE = 50
"""Maximum of holds that one turn looks at, so that thousands of them cannot fill it."""


class Place(NamedTuple):
    """A destination within a partition: its rows are held, or sent, together."""

    lane: int
    channel: str
    route: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A held destination that is due to be tried.

    Attributes:
        attempts: Failures in a row; 0: its rows are being sent.
        first: Its oldest held row; None if it has none any more.
    """

    id: int
    place: Place
    attempts: int
    first: int | None


@dataclass(slots=True, kw_only=True)
class Batch:
    """What one turn of the relay publishes.

    Attributes:
        rows: Rows that may be sent now, in id order.
        holds: The due holds that have rows in `rows`.
        moved: How many rows were marked as waiting.
    """

    rows: list[TakenRow] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    moved: int = 0


def place_of(row: TakenRow) -> Place:
    """Return where a row goes."""
    return Place(row.lane, row.channel, row.route)


def next_batch(owned: Sequence[OwnedPartition], *, maximum: int, present: Container[int] = ()) -> Batch:
    """Return the rows that can be sent now, and mark those that have to wait.

    Args:
        owned: Partitions that the caller owns.
        maximum: Maximum of rows; held ones get at most half of it.
        present: Ids of rows that are already being sent.
    """
    lanes = [one.lane for one in owned]
    _wake_delayed([one.lane for one in owned if one.is_delay_over], maximum=maximum)
    due = _find_due(lanes) if any(one.is_hold_due for one in owned) else []
    held, finished = _take_held(due, maximum=max(1, maximum // 2))
    taken = outbox.take(lanes, maximum=max(1, maximum - len(held)))
    ready = [row for row in taken if row.id not in present]
    rows = sorted((*(row for row in held if row.id not in present), *ready))
    batch = Batch(rows=rows, holds=due)
    if held or any(row.is_any_hindered for row in taken[:1]):
        _put_aside(batch, ready=ready, finished=finished)
    return batch


def hold(place: Place, *, attempts: int, error: str, seconds: float) -> None:
    """Hold a destination, or prolong its hold; its first row is tried again after `seconds`."""
    one = OutboxHold(
        lane=place.lane,
        channel=place.channel,
        route=place.route,
        attempts=attempts,
        error=error,
        retry_at=Now() + timedelta(seconds=seconds),
    )
    OutboxHold.objects.bulk_create(
        [one],
        update_conflicts=True,
        unique_fields=["lane", "channel", "route"],
        update_fields=["attempts", "error", "retry_at"],
    )


def relieve(taken: Iterable[Hold]) -> None:
    """Note that destinations take messages again: their held rows are sent next, in order."""
    ids = [one.id for one in taken]
    if ids:
        OutboxHold.objects.filter(pk__in=ids).update(attempts=0, error="", retry_at=Now())


def release(due: Iterable[Hold]) -> None:
    """Delete those of the given holds that have no held row left."""
    ids = [one.id for one in due]
    if ids:
        found = OutboxHold.objects.filter(pk__in=ids).annotate(first=_first_held())
        empty = [pk for pk, first in found.values_list("pk", "first") if first is None]
        OutboxHold.objects.filter(pk__in=empty).delete()


def retry_now(*, error: str = "") -> None:
    """Make held destinations due now: all of them, or those that failed with an error."""
    chosen = OutboxHold.objects.filter(retry_at__gt=Now())
    (chosen.filter(error=error) if error else chosen).update(retry_at=Now())


def restore() -> None:
    """Make every hold due now, and recreate missing holds of held rows; a relay does so once at its start."""
    held = OutboxMessage.objects.filter(state=OutboxState.HELD)
    places = held.order_by().values_list("lane", "channel", "route").distinct()
    OutboxHold.objects.bulk_create(
        [
            OutboxHold(lane=lane, channel=channel, route=route, attempts=1, retry_at=Now())
            for lane, channel, route in places
        ],
        ignore_conflicts=True,
    )
    retry_now()


def held_rows(place: Place) -> "QuerySet[OutboxMessage]":
    """Return the held rows of a destination, oldest first."""
    return _held(lane=place.lane, channel=place.channel, route=place.route)


def _held(*, lane: "int | OuterRef", channel: "str | OuterRef", route: "str | OuterRef") -> "QuerySet[OutboxMessage]":
    """Return held rows by their index: a range of one route, and its order, keep the planner from using others (`sql`)."""
    return OutboxMessage.objects.filter(
        state=OutboxState.HELD, lane=lane, channel=channel, route__gte=route, route__lte=route
    ).order_by("route", "id")


def _first_held() -> Subquery:
    """Return each hold's oldest row, which an index finds."""
    rows = _held(lane=OuterRef("lane"), channel=OuterRef("channel"), route=OuterRef("route"))
    return Subquery(rows.values("pk")[:1])


def _find_due(lanes: Sequence[int]) -> list[Hold]:
    """Return due holds of partitions; delete those without rows."""
    due = OutboxHold.objects.filter(lane__in=lanes, retry_at__lte=Now()).annotate(first=_first_held())
    found = [
        Hold(id=pk, place=Place(lane, channel, route), attempts=attempts, first=first)
        for pk, lane, channel, route, attempts, first in due.order_by("retry_at").values_list(
            "pk", "lane", "channel", "route", "attempts", "first"
        )[:MAX_DUE]
    ]
    empty = [one.id for one in found if one.first is None]
    if empty:
        OutboxHold.objects.filter(pk__in=empty).delete()
    return [one for one in found if one.first is not None]


def _take_held(due: Sequence[Hold], *, maximum: int) -> tuple[list[TakenRow], set[Place]]:
    """Return rows of holds, and the hold that they complete, if any.

    These are the first row of each hold, and further rows of one whose destination takes messages again.
    """
    ids = {one.first for one in due if one.first is not None}
    finished: set[Place] = set()
    flowing = next((one for one in due if one.attempts == 0), None)
    if flowing is not None:
        more = list(held_rows(flowing.place).values_list("pk", flat=True)[:maximum])
        ids |= set(more)
        if len(more) < maximum:
            finished = {flowing.place}
    return (outbox.read(ids) if ids else []), finished


def _wake_delayed(lanes: Sequence[int], *, maximum: int) -> None:
    """Make delayed rows of some partitions ready if their delay is over, the earliest due ones first."""
    for lane in lanes:
        over = OutboxMessage.objects.filter(state=OutboxState.DELAYED, lane=lane, available_at__lte=Now())
        ids = over.order_by("available_at", "id").values_list("pk", flat=True)[: maximum // len(lanes) + 1]
        move(list(ids), OutboxState.READY)


def _put_aside(batch: Batch, *, ready: Sequence[TakenRow], finished: Container[Place]) -> None:
    """Mark rows of held destinations as held, and rows behind a message set aside as blocked.

    Ready rows of a destination whose last held rows are in this batch follow those in the batch.
    """
    blocked = {pk: (is_held, is_behind) for pk, is_held, is_behind in outbox.find_blocked(row.id for row in batch.rows)}
    is_ready = {row.id for row in ready}
    kept, held, behind = [], [], []
    for row in batch.rows:
        is_held, is_behind = blocked.get(row.id, (False, False))
        if is_behind:
            behind.append(row.id)
        elif is_held and row.id in is_ready and place_of(row) not in finished:
            held.append(row.id)
        else:
            kept.append(row)
    move(held, OutboxState.HELD)
    move(behind, OutboxState.BEHIND)
    batch.rows, batch.moved = kept, len(held) + len(behind)


def move(ids: Sequence[int], state: OutboxState) -> None:
    """Set the state of rows."""
    if ids:
        OutboxMessage.objects.filter(pk__in=ids).update(state=state)
