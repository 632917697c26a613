"""What a turn of the relay costs does not grow with what is blocked, on both databases."""

import sqlite3
from contextlib import closing
from typing import Any

import pytest
from django.db import connection

from postroad.messaging import sql
from postroad.messaging.models import OutboxHold, OutboxMessage
from postroad.messaging.outbox import table as outbox
from postroad.messaging.outbox.relay import Relay
from tests.support.relaying import bake, drain, publisher, relay, states

__all__ = ["publisher", "relay"]

pytestmark = pytest.mark.django_db


BLOCKED = 50_000
FILL = """
    INSERT INTO postroad_outbox (message_id, type, channel, route, partition_key, lane, content_type, headers,
        correlation_id, reply_to, app_id, body, attempts, error, state, available_at)
    SELECT gen_random_uuid(), 'gone.Do', 'gone', (n %% 4)::text, 'k' || n, n %% 16, 'application/json',
        '{"kind":"command"}', '', '', '', '{}', 1, 'unroutable', state, now() + interval '1 day' * (state = -1)::int
    FROM generate_series(1, %s) AS n CROSS JOIN LATERAL (SELECT (%s::int[])[1 + n / 16 %% 4] AS state) AS chosen"""
HOLDS = """
    INSERT INTO postroad_outbox_hold (lane, channel, route, attempts, retry_at)
    SELECT lane, channel, route, 3, now() + interval '1 hour' FROM postroad_outbox WHERE state = 1
    GROUP BY lane, channel, route"""
ANALYSE = "ANALYZE postroad_outbox, postroad_outbox_hold, postroad_relay_lane"
PAGES = """
    SELECT sum(pg_stat_get_xact_blocks_fetched(oid)) FROM pg_class
    WHERE relname LIKE 'postroad_outbox%%' OR relname = 'postroad_relay_lane'"""


def run_sql(statement: str, *parameters: object) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()[0] if cursor.description else None


def fill(rows: int, *, statistics: str) -> None:
    """Put so many delayed, held and set aside rows into the outbox; what the planner knows of them is right, old or nothing."""
    if statistics == "old":  # it believes that every row is ready
        run_sql(FILL, 400, [0, 0, 0, 0])
        run_sql(ANALYSE)
        OutboxMessage.objects.all().delete()
    run_sql(FILL, rows, [-1, 1, 2, 3])
    run_sql(HOLDS)
    if statistics == "right":
        run_sql(ANALYSE)


def pages_of_a_turn(relay: Relay, rows: int, *, statistics: str) -> tuple[int, int]:
    """Return how many pages of the outbox, with so many rows blocked, an idle turn reads, and one with ten messages."""
    OutboxMessage.objects.all().delete()
    OutboxHold.objects.all().delete()
    fill(rows, statistics=statistics)
    start = run_sql(PAGES)
    relay.run_once()
    outbox.find_oldest()
    idle = run_sql(PAGES)
    bake(*range(1, 11))
    drain(relay)
    return idle - start, run_sql(PAGES) - idle


@pytest.mark.postgres
@pytest.mark.parametrize("statistics", ["right", "old", "none"])
def test_a_turn_costs_the_same_however_much_is_blocked(relay: Relay, statistics: str) -> None:
    relay.run_once()
    few = pages_of_a_turn(relay, 500, statistics=statistics)
    many = pages_of_a_turn(relay, BLOCKED, statistics=statistics)

    assert many[0] < 2 * few[0] + 100
    assert many[1] < 2 * few[1] + 300
    assert {state for _, state in states()} == {"DELAYED", "HELD", "SET_ASIDE", "BEHIND"}


SQLITE_TABLES = """
    CREATE TABLE postroad_outbox (id INTEGER PRIMARY KEY, message_id, type, channel, route, partition_key, lane smallint,
        content_type, headers, correlation_id, reply_to, app_id, body, available_at, attempts, error, state smallint);
    CREATE TABLE postroad_outbox_hold (id INTEGER PRIMARY KEY, lane smallint, channel, route, retry_at);
    CREATE TABLE postroad_relay_lane (lane INTEGER PRIMARY KEY);
    CREATE INDEX postroad_outbox_ready ON postroad_outbox (lane, (id + 0)) WHERE state = 0;
    CREATE INDEX postroad_outbox_delayed ON postroad_outbox (lane, available_at, id) WHERE state = -1;
    CREATE INDEX postroad_outbox_hold_due ON postroad_outbox_hold (lane, retry_at)"""


@pytest.mark.parametrize(
    ("statement", "parameters"),
    [
        (sql.SQLITE.lock_partitions, [8]),
        (sql.SQLITE.take, ["[1]", "[1]", 10, 10]),
        (sql.SQLITE.find_oldest, ["[1]"]),
    ],
    ids=["lock_partitions", "take", "find_oldest"],
)
def test_sqlite_finds_ready_rows_by_their_index(statement: str, parameters: list[object]) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(SQLITE_TABLES)
        asked = statement.replace("%s", "?").replace("%%", "%")
        plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {asked}", parameters)]

    assert any(line.startswith("SEARCH ready USING") and "postroad_outbox_ready" in line for line in plan)
    assert [line for line in plan if line.startswith(("SCAN ready", "SCAN due", "SCAN late"))] == []
