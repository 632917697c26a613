"""Every statement of the hot paths, named, for both databases.  Not: what they are for, which their callers say.

A statement's text never depends on how many rows it takes (SQLite's outbox insert apart), so that its cost can be
counted and its plan kept.  Raw SQL, because one ORM row costs as much as the whole statement (docs/decisions).
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection

Parameter = str | float | bytes | list[Any]
"""What a statement takes; a list is an array."""

OUTBOX_COLUMNS = (
    "message_id, type, channel, route, partition_key, lane, content_type, headers,"
    " correlation_id, reply_to, app_id, body, available_at"
)
_REST = "correlation_id, reply_to, app_id, body, attempts, partition_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """The statements of one database vendor.

    Attributes:
        lock_lanes: Lock lanes that have due rows; (blocked addresses, most lanes) → lane.
        take: Oldest due rows of lanes; (lanes, blocked addresses, most rows) → rows as `outbox.TakenRow`.
        delete: Delete outbox rows; (ids).
        fail: Note why rows stay; (ids, error).
        admit: Mark messages as processed; (subscriber, ids, subscriber, beginnings of keys, keys) → message id,
            parked keys (JSON).
    """

    lock_lanes: str
    take: str
    delete: str
    fail: str
    admit: str


POSTGRESQL = Statements(
    lock_lanes="""
        SELECT lane FROM postroad_relay_lane AS owned WHERE EXISTS (
            SELECT FROM postroad_outbox AS waiting WHERE waiting.lane = owned.lane
            AND available_at <= statement_timestamp() AND channel || ' ' || route <> ALL (%s::text[]))
        ORDER BY random() LIMIT %s FOR UPDATE SKIP LOCKED""",
    take=f"""
        SELECT id, extract(epoch FROM available_at)::bigint, message_id::text, type, channel, route, content_type,
        headers::text, {_REST}
        FROM postroad_outbox WHERE lane = ANY (%s::smallint[]) AND available_at <= statement_timestamp()
        AND channel || ' ' || route <> ALL (%s::text[]) ORDER BY id LIMIT %s""",
    delete="DELETE FROM postroad_outbox WHERE id = ANY (%s::bigint[])",
    fail="UPDATE postroad_outbox SET attempts = attempts + 1, error = %s WHERE id = ANY (%s::bigint[])",
    admit="""
        INSERT INTO postroad_processed_message (subscriber, message_id) SELECT %s, unnest(%s::text[])
        ON CONFLICT DO NOTHING RETURNING message_id, (
            SELECT json_agg(DISTINCT partition_key)::text FROM postroad_dead_letter
            WHERE state = 'parked' AND subscriber = %s
            AND LEFT(partition_key, 255) = ANY (%s::text[]) AND partition_key = ANY (%s::text[]))""",
)

_NOW = "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"

SQLITE = Statements(
    lock_lanes=f"""
        SELECT lane FROM postroad_relay_lane AS owned WHERE EXISTS (
            SELECT 1 FROM postroad_outbox AS waiting WHERE waiting.lane = owned.lane AND available_at <= {_NOW}
            AND channel || ' ' || route NOT IN (SELECT value FROM json_each(%s))) LIMIT %s""",
    take=f"""
        SELECT id, CAST(strftime('%%s', available_at) AS INTEGER), message_id, type, channel, route, content_type,
        headers, {_REST}
        FROM postroad_outbox WHERE lane IN (SELECT value FROM json_each(%s)) AND available_at <= {_NOW}
        AND channel || ' ' || route NOT IN (SELECT value FROM json_each(%s)) ORDER BY id LIMIT %s""",
    delete="DELETE FROM postroad_outbox WHERE id IN (SELECT value FROM json_each(%s))",
    fail="""
        UPDATE postroad_outbox SET attempts = attempts + 1, error = %s
        WHERE id IN (SELECT value FROM json_each(%s))""",
    admit="""
        INSERT INTO postroad_processed_message (subscriber, message_id) SELECT %s, value FROM json_each(%s) WHERE true
        ON CONFLICT DO NOTHING RETURNING message_id, (
            SELECT json_group_array(DISTINCT partition_key) FROM postroad_dead_letter
            WHERE state = 'parked' AND subscriber = %s
            AND SUBSTR(partition_key, 1, 255) IN (SELECT value FROM json_each(%s))
            AND partition_key IN (SELECT value FROM json_each(%s)))""",
)

POSTGRESQL_INSERT = f"""
    WITH stored AS (
        INSERT INTO postroad_outbox ({OUTBOX_COLUMNS})
        SELECT a, b, c, d, e, f, g, h, i, j, k, l, statement_timestamp() + m * interval '1 second' FROM unnest(
            %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::smallint[], %s::text[], %s::jsonb[],
            %s::text[], %s::text[], %s::text[], %s::bytea[], %s::float[]
        ) WITH ORDINALITY AS row (a, b, c, d, e, f, g, h, i, j, k, l, m, position) ORDER BY position
    )
    SELECT pg_notify('postroad_outbox', '') FROM postroad_relay_state WHERE is_idle"""
"""One statement: the rows, and a wake-up for the relay only if it said that it sleeps (one NOTIFY costs group commit)."""

_SQLITE_DUE = "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '+' || %s || ' seconds')"
_SQLITE_ROW = f"(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, {_SQLITE_DUE})"


def sqlite_insert(rows: int) -> str:
    """Return SQLite's outbox insert for a number of rows."""
    return f"INSERT INTO postroad_outbox ({OUTBOX_COLUMNS}) VALUES {', '.join([_SQLITE_ROW] * rows)}"


def delete_oldest(table: str, *, age: str, only: str) -> str:
    """Return the statement that deletes the oldest rows of a table; (begin, before, those of `only`, most rows).

    Rows are found by the index of `age` alone, from `begin` on: entries of deleted rows before it, which stay in the index
    until a vacuum, are not walked over again.  PostgreSQL returns count and newest age, SQLite the age of each row.
    """
    place = "ctid" if is_postgresql() else "rowid"
    old = (
        f"SELECT {place} FROM {table} WHERE {age} >= %s AND {age} < %s{only and f' AND {only}'} ORDER BY {age} LIMIT %s"
    )
    if is_postgresql():
        gone = f"DELETE FROM {table} WHERE ctid = ANY (ARRAY({old})) RETURNING {age}"
        return f"WITH gone AS ({gone}) SELECT count(*), max({age}) FROM gone"
    return (
        f"DELETE FROM {table} WHERE rowid IN ({old}) RETURNING CAST({age} AS text)"  # as stored: with or without zeros
    )


def is_postgresql() -> bool:
    """Whether the service's database is PostgreSQL; otherwise it is SQLite."""
    return connection.vendor == "postgresql"


def statements() -> Statements:
    """Return the statements of the service's database."""
    return POSTGRESQL if is_postgresql() else SQLITE
