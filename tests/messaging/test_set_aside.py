"""Messages that cannot be sent: set aside with their key, while all others flow; retried in their place, or discarded."""

import itertools
import logging
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from postroad.commands.sender import send
from postroad.ids import new_id
from postroad.messaging import holds, outbox, set_aside, sql
from postroad.messaging.broker import Fate
from postroad.messaging.message import Address, Envelope, Outgoing
from postroad.messaging.models import OutboxHold, OutboxMessage, OutboxState
from postroad.messaging.producer import put, unit_of_work
from postroad.messaging.relay import Relay
from postroad.messaging.wakeup import BellWakeup
from tests.support.publishers import ObedientPublisher
from tests.support.shop import Bake, Charge

pytestmark = pytest.mark.django_db


@pytest.fixture
def publisher() -> ObedientPublisher:
    return ObedientPublisher()


@pytest.fixture
def relay(publisher: ObedientPublisher) -> Relay:
    return Relay(publisher, BellWakeup(), is_durable=True)


def bake(*orders: int, loaves: int = 1) -> None:
    with unit_of_work():
        for order in orders:
            send(Bake(order_id=order, loaves=loaves))


def answer(queue: str, *, key: str = "s") -> None:
    envelope = Envelope(id=new_id(), type="x.Y", body=b"{}", headers={"kind": "reply", "partition-key": key})
    with unit_of_work():
        put(Outgoing(address=Address(channel=queue), envelope=envelope))


def drain(relay: Relay) -> None:
    while relay.run_once():
        pass


def later(seconds: float) -> None:
    OutboxHold.objects.update(retry_at=F("retry_at") - timedelta(seconds=seconds))


def states() -> list[tuple[str, str]]:
    rows = OutboxMessage.objects.order_by("id")
    return [(row.partition_key, OutboxState(row.state).name) for row in rows]


def first(**wanted: Any) -> OutboxMessage:
    return OutboxMessage.objects.filter(**wanted).order_by("id")[0]


def loaves_sent(publisher: ObedientPublisher, key: str) -> list[int]:
    sent = itertools.chain.from_iterable(publisher.batches)
    return [int(one.envelope.body.split(b'"loaves":')[1][:-1]) for one in sent if one.envelope.key == key]


def too_large(loaves: int) -> Callable[[Outgoing], Fate]:
    """Return a judge to whom commands for so many loaves are impossible."""
    return lambda sent: Fate.IMPOSSIBLE if b'"loaves":%d}' % loaves in sent.envelope.body else Fate.CONFIRMED


def test_an_impossible_message_is_set_aside_and_every_other_key_of_its_shard_flows(
    relay: Relay, publisher: ObedientPublisher
) -> None:
    publisher.judge = too_large(99)
    bake(7, loaves=99)
    bake(*range(1, 60))

    drain(relay)
    bake(*range(1, 60))
    drain(relay)

    assert states() == [("7", "SET_ASIDE"), ("7", "BEHIND")]
    assert first().error == "impossible"
    assert len(publisher.keys) == 1 + 59 + 58


def test_later_messages_of_its_key_wait_behind_it_and_its_retry_brings_all_back_in_order(
    relay: Relay, publisher: ObedientPublisher
) -> None:
    publisher.judge = too_large(2)
    bake(7, loaves=1)
    bake(7, loaves=2)
    drain(relay)
    bake(7, loaves=3)
    drain(relay)
    bake(7, loaves=4)
    drain(relay)
    before = states()
    publisher.judge = lambda _: Fate.CONFIRMED
    publisher.batches.clear()

    report = set_aside.retry(first().pk)
    bake(7, loaves=5)
    drain(relay)

    assert before == [("7", "SET_ASIDE"), ("7", "BEHIND"), ("7", "BEHIND")]
    assert (report.is_done, "2 more of its key" in report.text) == (True, True)
    assert loaves_sent(publisher, "7") == [2, 3, 4, 5]
    assert states() == []


def test_a_retry_that_fails_again_sets_the_message_aside_again(relay: Relay, publisher: ObedientPublisher) -> None:
    publisher.judge = too_large(2)
    bake(7, loaves=2)
    drain(relay)
    bake(7, loaves=3)
    drain(relay)

    set_aside.retry(first().pk)
    relay.run_once()
    publisher.batches.clear()
    drain(relay)

    assert states()[0] == ("7", "SET_ASIDE")
    assert publisher.keys == []


def test_a_discard_frees_its_key(relay: Relay, publisher: ObedientPublisher) -> None:
    publisher.judge = too_large(2)
    bake(7, loaves=2)
    drain(relay)
    bake(7, loaves=3)
    drain(relay)

    report = set_aside.discard(first().pk)
    drain(relay)

    assert "1 behind it go on" in report.text
    assert loaves_sent(publisher, "7")[-1] == 3
    assert states() == []


def test_of_two_set_aside_of_one_key_the_discard_of_the_first_frees_nothing(
    relay: Relay, publisher: ObedientPublisher
) -> None:
    bake(7, loaves=1)
    bake(7, loaves=2)
    bake(7, loaves=3)
    ids = list(OutboxMessage.objects.order_by("id").values_list("pk", flat=True))
    holds.move(ids[:2], OutboxState.SET_ASIDE)
    holds.move(ids[2:], OutboxState.BEHIND)

    set_aside.discard(ids[0])
    drain(relay)

    assert states() == [("7", "SET_ASIDE"), ("7", "BEHIND")]


def test_the_same_key_of_another_channel_does_not_wait(relay: Relay, publisher: ObedientPublisher) -> None:
    publisher.judge = too_large(2)
    bake(7, loaves=2)
    drain(relay)
    with unit_of_work():
        send(Charge(order_id=7))
    drain(relay)

    assert states() == [("7", "SET_ASIDE")]


def test_a_message_without_key_is_set_aside_alone(relay: Relay, publisher: ObedientPublisher) -> None:
    answer("client.a", key="")
    publisher.judge = lambda _: Fate.IMPOSSIBLE
    drain(relay)
    publisher.judge = lambda _: Fate.CONFIRMED
    answer("client.a", key="")
    drain(relay)

    assert states() == [("", "SET_ASIDE")]


def test_keys_of_70_kilobytes_that_differ_at_the_end_do_not_wait_for_each_other(
    relay: Relay, publisher: ObedientPublisher
) -> None:
    key = "k" * 70_000
    answer("client.a", key=f"{key}1")
    publisher.judge = lambda _: Fate.IMPOSSIBLE
    drain(relay)
    publisher.judge = lambda _: Fate.CONFIRMED
    answer("client.a", key=f"{key}1")
    answer("client.a", key=f"{key}2")
    drain(relay)

    assert [(row[0][-1], row[1]) for row in states()] == [("1", "SET_ASIDE"), ("1", "BEHIND")]
    assert set_aside.retry(first().pk).is_done
    drain(relay)
    assert states() == []


def test_a_broker_that_is_away_sets_nothing_aside(relay: Relay, publisher: ObedientPublisher) -> None:
    publisher.judge = lambda _: Fate.UNKNOWN
    bake(1, 2, 3)
    answer("client.a")
    for _ in range(100):
        relay.run_once()
        later(60)
    waiting = {state for _, state in states()}
    publisher.judge = lambda _: Fate.CONFIRMED
    later(60)
    drain(relay)

    assert waiting <= {"READY", "HELD"}
    assert states() == []


def test_a_full_queue_sets_nothing_aside(relay: Relay, publisher: ObedientPublisher) -> None:
    publisher.judge = lambda _: Fate.REFUSED
    bake(7, loaves=1)
    answer("client.a")
    for _ in range(50):
        drain(relay)
        later(60)

    assert {state for _, state in states()} == {"HELD"}


def test_commands_to_a_service_that_is_not_there_are_never_set_aside(
    relay: Relay, publisher: ObedientPublisher
) -> None:
    publisher.judge = lambda _: Fate.UNROUTABLE
    bake(7, loaves=1)
    for _ in range(50):
        drain(relay)
        later(60)

    assert states() == [("7", "HELD")]


def test_replies_to_a_queue_that_does_not_exist_are_set_aside_after_a_number_of_attempts(
    relay: Relay, publisher: ObedientPublisher, settings: Settings
) -> None:
    settings.POSTROAD = {"RELAY_ATTEMPTS": 3}
    publisher.judge = lambda sent: Fate.UNROUTABLE if sent.address.channel == "gone" else Fate.CONFIRMED
    for number in range(10):
        answer("gone", key=f"s{number}")
    for _ in range(12):
        drain(relay)
        later(60)
    tried = len([one for one in publisher.keys if one])
    answer("here")
    drain(relay)

    assert {state for _, state in states()} == {"SET_ASIDE"}
    assert len(states()) == 10
    assert tried < 60
    assert OutboxHold.objects.count() == 0


def test_replies_to_many_queues_that_do_not_exist_end_set_aside_and_are_logged_once_a_minute(
    relay: Relay, publisher: ObedientPublisher, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.POSTROAD = {"RELAY_ATTEMPTS": 2}
    publisher.judge = lambda _: Fate.UNROUTABLE
    for number in range(120):
        answer(f"amq.gen-{number}", key=f"s{number}")
    with caplog.at_level(logging.WARNING):
        for _ in range(40):
            drain(relay)
            later(60)

    assert {state for _, state in states()} == {"SET_ASIDE"}
    assert len(caplog.records) == 2  # one that the destinations fail, one that messages were set aside


def test_a_held_message_is_tried_at_once_when_a_person_asks(relay: Relay, publisher: ObedientPublisher) -> None:
    publisher.judge = lambda _: Fate.REFUSED
    bake(7)
    drain(relay)
    publisher.judge = lambda _: Fate.CONFIRMED

    report = set_aside.retry(first().pk)
    drain(relay)

    assert report.is_done
    assert states() == []


def test_nothing_is_done_to_a_message_that_only_waits_for_the_relay_or_is_gone(relay: Relay) -> None:
    bake(7)
    pk = first().pk

    reports = [set_aside.retry(pk), set_aside.discard(pk), set_aside.retry(pk + 1), set_aside.discard(pk + 1)]

    assert [report.is_done for report in reports] == [False] * 4
    assert states() == [("7", "READY")]


def test_what_was_held_flows_in_order_and_new_messages_follow_it(
    relay: Relay, publisher: ObedientPublisher, settings: Settings
) -> None:
    settings.POSTROAD = {"RELAY_BATCH_ROWS": 4}
    publisher.judge = lambda _: Fate.REFUSED
    bake(7, loaves=1)
    drain(relay)
    for loaves in range(2, 30):
        bake(7, loaves=loaves)
        relay.run_once()
    held = {state for _, state in states()}
    publisher.judge = lambda _: Fate.CONFIRMED
    publisher.batches.clear()
    later(60)
    for loaves in range(30, 40):
        relay.run_once()
        bake(7, loaves=loaves)
    drain(relay)

    assert held == {"HELD"}
    assert loaves_sent(publisher, "7") == list(range(1, 40))
    assert (states(), OutboxHold.objects.count()) == ([], 0)


def test_a_held_message_does_not_overtake_one_of_its_key_that_is_set_aside(
    relay: Relay, publisher: ObedientPublisher
) -> None:
    publisher.judge = lambda _: Fate.REFUSED
    bake(7, 7, 7)
    drain(relay)
    publisher.judge = lambda _: Fate.IMPOSSIBLE
    later(60)
    relay.run_once()
    publisher.judge = lambda _: Fate.CONFIRMED
    publisher.batches.clear()
    for _ in range(5):
        later(60)
        drain(relay)

    assert publisher.keys == []
    assert states() == [("7", "SET_ASIDE"), ("7", "BEHIND"), ("7", "BEHIND")]


def test_a_message_that_breaks_the_connection_holds_up_only_its_own_destination(
    relay: Relay, publisher: ObedientPublisher
) -> None:
    def judge_batch(batch: list[Outgoing]) -> list[Fate]:
        """Lose the connection at the culprit: what comes before it is confirmed."""
        fates, is_lost = [], False
        for sent in batch:
            is_lost = is_lost or sent.address.channel == "till"
            fates.append(Fate.UNKNOWN if is_lost else Fate.CONFIRMED)
        return fates

    publisher.publish = lambda batch: judge_batch(list(batch))  # type: ignore[method-assign]
    with unit_of_work():
        send(Charge(order_id=1))
    bake(*range(1, 30))
    for _ in range(60):
        relay.run_once()

    assert states() == [("1", "HELD")]
    assert first().error == "unknown"


def test_a_relay_that_starts_tries_again_what_is_held_even_without_its_hold(publisher: ObedientPublisher) -> None:
    bake(7, 7)
    holds.move(list(OutboxMessage.objects.values_list("pk", flat=True)), OutboxState.HELD)

    drain(Relay(publisher, BellWakeup(), is_durable=True))

    assert publisher.keys == ["7", "7"]


@pytest.mark.parametrize("is_durable", [True, False])
def test_a_broker_that_forgets_sets_aside_and_holds_as_well(publisher: ObedientPublisher, *, is_durable: bool) -> None:
    relay = Relay(publisher, BellWakeup(), is_durable=is_durable)
    publisher.judge = lambda sent: Fate.UNROUTABLE if sent.address.channel == "gone" else Fate.CONFIRMED
    answer("gone", key="a")
    bake(1, 2, 3)
    for _ in range(12):
        drain(relay)
        later(60)

    assert states() == [("a", "SET_ASIDE")]


def test_delayed_messages_leave_when_their_delay_is_over_those_due_first(
    relay: Relay, publisher: ObedientPublisher, settings: Settings
) -> None:
    settings.POSTROAD = {"RELAY_BATCH_ROWS": 2}
    with unit_of_work():
        for loaves, delay in ((3, 300), (1, 100), (2, 200), (4, 86_400)):
            send(Bake(order_id=7, loaves=loaves), delay_seconds=delay)
    drain(relay)
    before = publisher.keys
    for _ in range(3):
        OutboxMessage.objects.update(available_at=F("available_at") - timedelta(seconds=100.5))
        drain(relay)

    assert before == []
    assert loaves_sent(publisher, "7") == [1, 2, 3]
    assert states() == [("7", "DELAYED")]


def test_a_delayed_message_of_the_release_before_waits_for_its_time(relay: Relay, publisher: ObedientPublisher) -> None:
    with unit_of_work():
        send(Bake(order_id=7), delay_seconds=3600)
    OutboxMessage.objects.update(state=OutboxState.READY)

    drain(relay)

    assert (publisher.keys, states()) == ([], [("7", "READY")])


FATES = [*[Fate.CONFIRMED] * 4, Fate.REFUSED, Fate.UNROUTABLE, Fate.UNKNOWN, Fate.IMPOSSIBLE]


@settings(max_examples=60, deadline=None, database=None)
@given(st.integers(0, 2**32))
def test_whatever_the_broker_answers_nothing_is_lost_and_every_key_keeps_its_order(seed: int) -> None:
    chance = random.Random(seed)
    OutboxMessage.objects.all().delete()
    OutboxHold.objects.all().delete()
    confirmed: dict[str, list[int]] = {}

    class Moody(ObedientPublisher):
        def publish(self, batch: Any) -> list[Fate]:
            """Answer as a broker does: at one moment one fate for a channel; after an impossible one its key is behind."""
            moods = {channel: chance.choice(FATES) for channel in ("bakery", "gone")}
            fates, stuck = [], set()
            for sent in batch:
                mood, place = moods[sent.address.channel], (sent.address.channel, sent.envelope.key)
                if mood is Fate.IMPOSSIBLE and place in stuck:
                    mood = Fate.BEHIND
                stuck.add(place)
                if mood is Fate.CONFIRMED:
                    confirmed.setdefault(str(place), []).append(int(sent.envelope.headers["number"]))
                fates.append(mood)
            return fates

    relay = Relay(Moody(), BellWakeup(), is_durable=True)
    for number in range(chance.randint(5, 25)):
        with unit_of_work():
            key, channel = chance.choice("ab"), chance.choice(["bakery", "gone"])
            headers = {"kind": "command", "partition-key": key, "number": str(number)}
            envelope = Envelope(id=new_id(), type="x.Y", body=b"{}", headers=headers)
            route = "0" if channel == "bakery" else ""
            put(Outgoing(address=Address(channel=channel, route=route), envelope=envelope))
        relay.run_once()
        later(chance.choice([0, 1, 60]))
        if chance.randint(0, 4) == 0 and (
            waiting := OutboxMessage.objects.filter(state=OutboxState.SET_ASIDE).order_by("id").first()
        ):
            set_aside.retry(waiting.pk)
    left = OutboxMessage.objects.order_by("id")

    sent = sorted(number for numbers in confirmed.values() for number in set(numbers))
    assert sorted([*sent, *(int(row.headers["number"]) for row in left)]) == list(range(number + 1))
    assert all(numbers == sorted(numbers) for numbers in confirmed.values())


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
        (sql.SQLITE.lock_lanes, [8]),
        (sql.SQLITE.take, ["[1]", "[1]", 10, 10]),
        (sql.SQLITE.find_oldest, ["[1]"]),
    ],
    ids=["lock_lanes", "take", "find_oldest"],
)
def test_sqlite_finds_ready_rows_by_their_index(statement: str, parameters: list[object]) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(SQLITE_TABLES)
        asked = statement.replace("%s", "?").replace("%%", "%")
        plan = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {asked}", parameters)]

    assert any(line.startswith("SEARCH ready USING") and "postroad_outbox_ready" in line for line in plan)
    assert [line for line in plan if line.startswith(("SCAN ready", "SCAN due", "SCAN late"))] == []
