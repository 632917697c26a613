"""The processed-message table: finds which messages of a batch are new, and marks them as processed.

Pattern: "Idempotent consumer" by message tracking (Microservices Patterns, §3.3.6).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection

from postroad.messaging import sql
from postroad.messaging.message import Envelope
from postroad.messaging.sql import Parameter
from postroad.messaging.texts import SHORT, short, storable


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What may be handled.

    Attributes:
        new: Envelopes never handled before, in order; those without an id always count as new.
        parked_keys: Partition keys whose earlier messages are parked: these messages park behind them.
    """

    new: tuple[Envelope, ...]
    parked_keys: frozenset[str] = field(default_factory=frozenset)


def admit(subscriber: str, envelopes: Sequence[Envelope]) -> Admission:
    """Mark a batch as processed by a subscriber, in the caller's transaction; one statement.

    Concurrency: another transaction with the same message waits here until ours ends, and then finds it processed.
    """
    ids = list(dict.fromkeys(identity(envelope) for envelope in envelopes if envelope.id))
    keys = list(dict.fromkeys(storable(envelope.key) for envelope in envelopes if envelope.key))
    fresh, parked = _insert(subscriber, ids, keys) if ids else (set(), frozenset[str]())
    new = []
    for envelope in envelopes:
        if not envelope.id:
            new.append(envelope)
        elif identity(envelope) in fresh:
            fresh.discard(identity(envelope))  # the second copy within one batch is a duplicate too
            new.append(envelope)
    return Admission(new=tuple(new), parked_keys=parked)


def identity(envelope: Envelope) -> str:
    """Return the id of a message as the database keeps it."""
    return short(storable(envelope.id))


def _insert(subscriber: str, ids: list[str], keys: list[str]) -> tuple[set[str], frozenset[str]]:
    new, starts, whole = (_array(values) for values in (ids, [key[:SHORT] for key in keys], keys))
    with connection.cursor() as cursor:
        cursor.execute(sql.statements().admit, [subscriber, new, subscriber, starts, whole])
        rows = cursor.fetchall()
    parked = json.loads(rows[0][1] or "[]") if rows else []
    return {row[0] for row in rows}, frozenset(parked)


def _array(values: list[str]) -> Parameter:
    return values if sql.is_postgresql() else json.dumps(values)
