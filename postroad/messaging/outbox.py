"""The outbox table: rows in with the business transaction, rows out to the relay.  Not: when, which is `producer`/`relay`.

Pattern: "Transactional outbox" (microservices.io; Microservices Patterns, §3.3.7).
"""

import json
import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from postroad.messaging import sql
from postroad.messaging.message import Address, Envelope, Outgoing
from postroad.messaging.models import RelayLane
from postroad.messaging.sql import Parameter

LANES = 16
"""Units of relay ownership; more than any sensible number of relays, few enough to lock in one statement."""

_SQLITE_ROWS = 500  # rows an insert: 13 values each stay below SQLite's limit of 32 766


class Pending(NamedTuple):
    """A message to store, to be sent after `delay_seconds`."""

    outgoing: Outgoing
    delay_seconds: float = 0.0


class TakenRow(NamedTuple):
    """One outbox row as the relay reads it."""

    id: int
    sent_at: int
    message_id: str
    type: str
    channel: str
    route: str
    content_type: str
    headers: str
    correlation_id: str
    reply_to: str
    app_id: str
    body: bytes
    attempts: int
    partition_key: str

    @property
    def address(self) -> str:
        """Channel and route as one text, the form in which failing addresses are excluded."""
        return f"{self.channel} {self.route}"

    def outgoing(self) -> Outgoing:
        """Return the row as a message for a publisher; the body is never parsed."""
        return Outgoing(
            address=Address(channel=self.channel, route=self.route),
            envelope=Envelope(
                id=str(UUID(self.message_id)),
                type=self.type,
                body=bytes(self.body),
                content_type=self.content_type,
                correlation_id=self.correlation_id,
                reply_to=self.reply_to,
                app_id=self.app_id,
                sent_at=self.sent_at,
                headers=json.loads(self.headers),
            ),
        )


def lane_of(envelope: Envelope) -> int:
    """Return the lane of a message: messages of one key share it; messages without key spread."""
    return zlib.crc32((envelope.key or envelope.id).encode()) % LANES


def store(pending: Sequence[Pending]) -> None:
    """Insert messages in their order, in the caller's transaction; one statement (SQLite: one for 500 rows)."""
    if not pending:
        return
    rows = [_row(entry) for entry in pending]
    with connection.cursor() as cursor:
        if sql.is_postgresql():
            cursor.execute(sql.POSTGRESQL_INSERT, [list(column) for column in zip(*rows, strict=True)])
            return
        for start in range(0, len(rows), _SQLITE_ROWS):
            chunk = rows[start : start + _SQLITE_ROWS]
            cursor.execute(sql.sqlite_insert(len(chunk)), [value for row in chunk for value in row])


def make_lanes() -> None:
    """Make the rows that relays lock, where they are missing; a relay does so once at its start."""
    RelayLane.objects.bulk_create([RelayLane(lane=lane) for lane in range(LANES)], ignore_conflicts=True)


def lock_lanes(*, blocked: Iterable[str], most: int) -> list[int]:
    """Own some lanes that have due rows, until the transaction ends.

    Concurrency: a lane has one owner at a time; lanes of others are skipped, not waited for.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql.statements().lock_lanes, [_array(blocked), most])
        return [lane for (lane,) in cursor.fetchall()]


def take(lanes: Iterable[int], *, blocked: Iterable[str], most: int) -> list[TakenRow]:
    """Return the oldest due rows of owned lanes, in id order; those of blocked addresses stay."""
    with connection.cursor() as cursor:
        cursor.execute(sql.statements().take, [_array(lanes), _array(blocked), most])
        return [TakenRow._make(row) for row in cursor.fetchall()]


def delete(ids: Iterable[int]) -> None:
    """Delete rows that the broker has confirmed."""
    with connection.cursor() as cursor:
        cursor.execute(sql.statements().delete, [_array(ids)])


def fail(ids: Iterable[int], *, error: str) -> None:
    """Note on rows that stay why they could not be sent."""
    with connection.cursor() as cursor:
        cursor.execute(sql.statements().fail, [error, _array(ids)])


def _row(entry: Pending) -> tuple[Parameter, ...]:
    envelope, address = entry.outgoing.envelope, entry.outgoing.address
    return (
        envelope.id if sql.is_postgresql() else envelope.id.replace("-", ""),  # Django keeps UUIDs as hex in SQLite
        envelope.type,
        address.channel,
        address.route,
        envelope.key,
        lane_of(envelope),
        envelope.content_type,
        json.dumps(dict(envelope.headers)),
        envelope.correlation_id,
        envelope.reply_to,
        envelope.app_id,
        envelope.body,
        float(entry.delay_seconds),
    )


def _array(values: Iterable[int | str]) -> Parameter:
    """Return a list as the database's parameter: an array, or JSON for SQLite's `json_each`."""
    items = list(values)
    return items if sql.is_postgresql() else json.dumps(items)
