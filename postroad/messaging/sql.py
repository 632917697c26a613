"""The SQL statements of the hot paths, named, for both databases.

A statement's text does not depend on the number of its rows (except SQLite's outbox insert), so that its cost can be
counted and its plan cached.  It is raw SQL, because one ORM row costs as much as the whole statement (docs/decisions).
The column `lane` is the partition of a row.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from postroad.messaging.models import KEY_CHARACTERS

Parameter = str | float | bytes | list[Any]
"""A parameter of a statement; a list becomes an array."""

OUTBOX_COLUMNS = (
    "message_id, type, channel, route, partition_key, lane, content_type, headers,"
    " correlation_id, reply_to, app_id, body, available_at, state"
)
_REST = "correlation_id, reply_to, app_id, body, attempts, partition_key, lane"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """The statements of one database vendor.

    Attributes:
        lock_partitions: Lock partitions that have something to send; (maximum partitions) → partition, whether one of its
            holds is due, whether one of its delays is over.
        take: Oldest ready rows of partitions; (partitions, partitions, maximum rows of a partition, maximum rows) → rows
            as `outbox.TakenRow`.
        read: Some rows, in id order; (ids) → rows as `outbox.TakenRow`.
        find_blocked: Which rows have to wait; (ids) → id, whether held, whether behind one set aside.
        find_oldest: The oldest ready row; (partitions) → id.
        delete: Delete outbox rows; (ids).
        fail: Store why rows stay, and in which state; (error, state, ids).
        admit: Mark messages as processed; (subscriber, ids, subscriber, beginnings of keys, keys) → message id,
            parked keys (JSON).
    """

    lock_partitions: str
    take: str
    read: str
    find_blocked: str
    find_oldest: str
    delete: str
    fail: str
    admit: str


# Each query of the outbox is one descent of one index, for any number of waiting rows and any statistics of the planner.
# So it uses subqueries with LIMIT 1 and not EXISTS, which can become a hash of the whole table, and an ORDER BY that only the
# right index has.  The primary key must not match it: by that index the oldest rows would be read until one is ready.  So the
# index of ready rows is by `id + 0`, and the others are queried for a range of one value with that column first in ORDER BY.
_POSTGRESQL_NOW = "statement_timestamp()"
_SQLITE_NOW = "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')"


def _first_ready(lane: str, now: str) -> str:
    return f"""(SELECT ready.id FROM postroad_outbox AS ready WHERE ready.lane = {lane}
            AND ready.state = 0 AND ready.available_at <= {now} ORDER BY ready.id + 0 LIMIT 1)"""


def _due_hold(lane: str, now: str) -> str:
    return f"""(SELECT hold.id FROM postroad_outbox_hold AS hold WHERE hold.lane = {lane} AND hold.retry_at <= {now}
            ORDER BY hold.retry_at LIMIT 1)"""


def _first_delayed(lane: str, now: str) -> str:
    return f"""(SELECT late.id FROM postroad_outbox AS late WHERE late.lane = {lane} AND late.state = -1
            AND late.available_at <= {now} ORDER BY late.available_at LIMIT 1)"""


def _lanes(now: str) -> str:
    """Return the partitions that have something to send."""
    is_hold_due = f"{_due_hold('owned.lane', now)} IS NOT NULL"
    is_delay_over = f"{_first_delayed('owned.lane', now)} IS NOT NULL"
    return f"""SELECT lane, {is_hold_due}, {is_delay_over} FROM postroad_relay_lane AS owned
        WHERE {_first_ready("owned.lane", now)} IS NOT NULL OR {is_hold_due} OR {is_delay_over}"""


def _is_any_hindered(lanes: str) -> str:
    """Return a condition: whether any row has to wait.  Normally none has, and no further query follows."""
    return f"""((SELECT hold.id FROM postroad_outbox_hold AS hold WHERE hold.lane {lanes} LIMIT 1) IS NOT NULL
            OR (SELECT aside.id FROM postroad_outbox AS aside WHERE aside.state >= 2
            ORDER BY aside.lane, aside.channel LIMIT 1) IS NOT NULL)"""


def _find_blocked(start_of_key: str) -> str:
    """Return the query of what rows wait for; `start_of_key` cuts a key to the part that the index holds."""
    ahead, own = start_of_key.format("ahead.partition_key"), start_of_key.format("waiting.partition_key")
    return f"""SELECT waiting.id, (
            SELECT hold.id FROM postroad_outbox_hold AS hold WHERE hold.lane = waiting.lane
            AND hold.channel = waiting.channel AND hold.route = waiting.route LIMIT 1) IS NOT NULL, (
            SELECT ahead.id FROM postroad_outbox AS ahead WHERE ahead.state >= 2 AND ahead.lane = waiting.lane
            AND ahead.channel = waiting.channel AND {ahead} BETWEEN {own} AND {own}
            AND ahead.partition_key = waiting.partition_key AND waiting.partition_key <> ''
            ORDER BY {ahead}, ahead.id LIMIT 1) IS NOT NULL
        FROM postroad_outbox AS waiting WHERE waiting.id"""


_POSTGRESQL_ROW = f"""id, extract(epoch FROM available_at)::bigint, message_id::text, type, channel, route,
        content_type, headers::text, {_REST}"""
_SQLITE_ROW_READ = f"""id, CAST(strftime('%%s', available_at) AS INTEGER), message_id, type, channel, route,
        content_type, headers, {_REST}"""

POSTGRESQL = Statements(
    lock_partitions=f"{_lanes(_POSTGRESQL_NOW)} ORDER BY random() LIMIT %s FOR UPDATE SKIP LOCKED",
    take=f"""
        SELECT {_POSTGRESQL_ROW}, {_is_any_hindered("= ANY (%s::smallint[])")}
        FROM (SELECT due.* FROM unnest(%s::smallint[]) AS owned (number) CROSS JOIN LATERAL (
            SELECT * FROM postroad_outbox AS ready WHERE ready.lane = owned.number
            AND ready.state = 0 AND ready.available_at <= {_POSTGRESQL_NOW}
            ORDER BY ready.id + 0 LIMIT %s) AS due ORDER BY due.id LIMIT %s) AS oldest ORDER BY id""",
    read=f"SELECT {_POSTGRESQL_ROW}, true FROM postroad_outbox WHERE id = ANY (%s::bigint[]) ORDER BY id",
    find_blocked=f"{_find_blocked(f'left({{}}, {KEY_CHARACTERS})')} = ANY (%s::bigint[])",
    find_oldest=f"""
        SELECT min(first.id) FROM (SELECT {_first_ready("owned.number", _POSTGRESQL_NOW)} AS id
        FROM unnest(%s::smallint[]) AS owned (number)) AS first""",
    delete="DELETE FROM postroad_outbox WHERE id = ANY (%s::bigint[])",
    fail="""
        UPDATE postroad_outbox SET attempts = attempts + 1, error = %s, state = %s WHERE id = ANY (%s::bigint[])""",
    admit="""
        INSERT INTO postroad_processed_message (subscriber, message_id) SELECT %s, unnest(%s::text[])
        ON CONFLICT DO NOTHING RETURNING message_id, (
            SELECT json_agg(DISTINCT partition_key)::text FROM postroad_dead_letter
            WHERE state = 'parked' AND subscriber = %s
            AND LEFT(partition_key, 255) = ANY (%s::text[]) AND partition_key = ANY (%s::text[]))""",
)

SQLITE = Statements(
    lock_partitions=f"{_lanes(_SQLITE_NOW)} LIMIT %s",
    take=f"""
        SELECT {_SQLITE_ROW_READ}, {_is_any_hindered("IN (SELECT value FROM json_each(%s))")}
        FROM (SELECT value AS number FROM json_each(%s)) AS owned CROSS JOIN postroad_outbox AS due ON due.id IN (
            SELECT ready.id FROM postroad_outbox AS ready WHERE ready.lane = owned.number
            AND ready.state = 0 AND ready.available_at <= {_SQLITE_NOW}
            ORDER BY ready.id + 0 LIMIT %s) ORDER BY due.id LIMIT %s""",
    read=f"""
        SELECT {_SQLITE_ROW_READ}, true FROM postroad_outbox WHERE id IN (SELECT value FROM json_each(%s)) ORDER BY id""",
    find_blocked=f"{_find_blocked(f'substr({{}}, 1, {KEY_CHARACTERS})')} IN (SELECT value FROM json_each(%s))",
    find_oldest=f"""
        SELECT min(first.id) FROM (SELECT {_first_ready("owned.value", _SQLITE_NOW)} AS id
        FROM json_each(%s) AS owned) AS first""",
    delete="DELETE FROM postroad_outbox WHERE id IN (SELECT value FROM json_each(%s))",
    fail="""
        UPDATE postroad_outbox SET attempts = attempts + 1, error = %s, state = %s
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
        SELECT a, b, c, d, e, f, g, h, i, j, k, l, statement_timestamp() + m * interval '1 second',
            CASE WHEN m > 0 THEN -1 ELSE 0 END FROM unnest(
            %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::smallint[], %s::text[], %s::jsonb[],
            %s::text[], %s::text[], %s::text[], %s::bytea[], %s::float[]
        ) WITH ORDINALITY AS row (a, b, c, d, e, f, g, h, i, j, k, l, m, position) ORDER BY position
    )
    SELECT pg_notify('postroad_outbox', '') FROM postroad_relay_state WHERE is_idle"""
"""One statement: it inserts the rows, and wakes the relay only if that is idle (each NOTIFY costs group commit)."""

_SQLITE_DUE = "strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', '+' || %s || ' seconds')"
_SQLITE_ROW = f"(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, {_SQLITE_DUE}, %s)"


def sqlite_insert(rows: int) -> str:
    """Return SQLite's outbox insert for a number of rows."""
    return f"INSERT INTO postroad_outbox ({OUTBOX_COLUMNS}) VALUES {', '.join([_SQLITE_ROW] * rows)}"


def delete_oldest(table: str, *, age: str, only: str) -> str:
    """Return the statement that deletes the oldest rows of a table; (begin, before, those of `only`, maximum rows).

    Rows are found by the index of `age` alone, from `begin` on: older index entries, which belong to deleted rows until a
    vacuum, are not read again.  PostgreSQL returns the count and the newest age, SQLite the age of each row.
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
