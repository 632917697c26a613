"""The outbox table: the business transaction inserts rows, the relay reads and deletes them.

Pattern: "Transactional outbox" (microservices.io; Microservices Patterns, §3.3.7).
"""

import json
import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple, overload
from uuid import UUID

import msgspec
from django.db import connection
from typing_extensions import override

from postroad.messaging import sql
from postroad.messaging.message import Address, Envelope, Outgoing
from postroad.messaging.models import OutboxState, RelayLane
from postroad.messaging.sql import Parameter

PARTITIONS = 16
"""Number of partitions, each owned by one relay at a time: more than the number of relays, few enough for one statement."""

_UUID_CHARACTERS = 36  # PostgreSQL's text of a UUID; SQLite has 32 hexadecimal digits
_decode_headers = msgspec.json.Decoder(dict[str, str]).decode
_SQLITE_ROWS = 500  # rows of one insert: with 14 values each, they stay below SQLite's limit of 32 766


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
    lane: int
    is_any_hindered: bool  # whether any row of the partitions has to wait, so that each must be checked

    @property
    def address(self) -> str:
        """Channel and route as one text, for people."""
        return f"{self.channel} {self.route}".strip()

    def outgoing(self) -> Outgoing:
        """Return the row as a message for a publisher; the body is never parsed."""
        return Outgoing(
            address=_address(self.channel, self.route),
            envelope=Envelope(
                id=self.message_id if len(self.message_id) == _UUID_CHARACTERS else str(UUID(self.message_id)),
                type=self.type,
                body=self.body,
                content_type=self.content_type,
                correlation_id=self.correlation_id,
                reply_to=self.reply_to,
                app_id=self.app_id,
                sent_at=self.sent_at,
                headers=_read_headers(self.headers),
            ),
        )


class Outgoings(Sequence[Outgoing]):
    """Rows as messages, each created when it is read: the broker works on the first while later ones are created."""

    def __init__(self, rows: Sequence[TakenRow]) -> None:
        self._rows = rows

    @overload
    def __getitem__(self, index: int) -> Outgoing: ...

    @overload
    def __getitem__(self, index: slice) -> "Outgoings": ...

    @override
    def __getitem__(self, index: int | slice) -> "Outgoing | Outgoings":
        if isinstance(index, slice):
            return Outgoings(self._rows[index])
        return self._rows[index].outgoing()

    @override
    def __len__(self) -> int:
        return len(self._rows)


def _read_headers(text: str) -> dict[str, str]:
    try:
        return _decode_headers(text)
    except msgspec.DecodeError:  # written by hand: numbers, or invalid Unicode; the broker's adapter decides on it
        return {name: str(value) for name, value in json.loads(text).items() if value is not None}


@lru_cache(maxsize=4096)
def _address(channel: str, route: str) -> Address:
    return Address(channel=channel, route=route)


def partition_of(envelope: Envelope) -> int:
    """Return the partition of a message: the same one for all messages of a key; any one for messages without key."""
    return zlib.crc32((envelope.key or envelope.id).encode()) % PARTITIONS


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
            values = [value for row in chunk for value in (*row, -1 if row[-1] else 0)]
            cursor.execute(sql.sqlite_insert(len(chunk)), values)


def make_partitions() -> None:
    """Create the rows that relays lock, if they are missing; a relay does so once at its start."""
    RelayLane.objects.bulk_create([RelayLane(lane=lane) for lane in range(PARTITIONS)], ignore_conflicts=True)


class OwnedPartition(NamedTuple):
    """A partition that this transaction has locked."""

    lane: int
    is_hold_due: bool
    is_delay_over: bool


def lock_partitions(*, maximum: int) -> list[OwnedPartition]:
    """Lock some partitions that have something to send, until the transaction ends.

    Concurrency: a partition has one owner at a time; partitions of others are skipped, not waited for.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql.statements().lock_partitions, [maximum])
        return [OwnedPartition(lane, bool(is_due), bool(is_over)) for lane, is_due, is_over in cursor.fetchall()]


def take(lanes: Iterable[int], *, maximum: int) -> list[TakenRow]:
    """Return the oldest due rows of owned partitions, in id order; one partition gets at most twice an even share.

    Rows that are delayed, held or set aside are not read: the cost does not depend on their number.
    """
    owned = list(lanes)
    share = min(maximum, 2 * maximum // max(1, len(owned)) + 1)
    with connection.cursor() as cursor:
        cursor.execute(sql.statements().take, [_array(owned), _array(owned), share, maximum])
        return [TakenRow._make(row) for row in cursor.fetchall()]


def read(ids: Iterable[int]) -> list[TakenRow]:
    """Return some rows of owned partitions, in id order."""
    with connection.cursor() as cursor:
        cursor.execute(sql.statements().read, [_array(ids)])
        return [TakenRow._make(row) for row in cursor.fetchall()]


def find_oldest() -> list[int]:
    """Return the id of the oldest row that is due and ready; empty if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(sql.statements().find_oldest, [_array(range(PARTITIONS))])
        return [found for (found,) in cursor.fetchall() if found is not None]


def delete(ids: Iterable[int]) -> None:
    """Delete rows that the broker has confirmed."""
    with connection.cursor() as cursor:
        cursor.execute(sql.statements().delete, [_array(ids)])


def fail(ids: Iterable[int], *, error: str, state: OutboxState = OutboxState.READY) -> None:
    """Store in rows that stay why they could not be sent, and the state in which they wait."""
    with connection.cursor() as cursor:
        cursor.execute(sql.statements().fail, [error, state.value, _array(ids)])


def find_blocked(ids: Iterable[int]) -> list[tuple[int, bool, bool]]:
    """Return for each row, in any order: id, whether its destination is held, whether a row of its key is set aside."""
    with connection.cursor() as cursor:
        cursor.execute(sql.statements().find_blocked, [_array(ids)])
        return [(row, bool(is_held), bool(is_behind)) for row, is_held, is_behind in cursor.fetchall()]


def _row(entry: Pending) -> tuple[Parameter, ...]:
    envelope, address = entry.outgoing.envelope, entry.outgoing.address
    return (
        envelope.id if sql.is_postgresql() else envelope.id.replace("-", ""),  # Django keeps UUIDs as hex in SQLite
        envelope.type,
        address.channel,
        address.route,
        envelope.key,
        partition_of(envelope),
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
