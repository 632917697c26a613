"""Parking always works: whatever AMQP can carry is parked, listed, shown, exported, redriven and discarded.

On SQLite, and on PostgreSQL when TEST_DATABASE_URL names one.
"""

import io
import json
import logging
import struct
from dataclasses import replace
from typing import Any

import amqp
import pytest
from django.core.management import call_command
from django.db import DataError, OperationalError, connection, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroad.brokers.rabbitmq.envelope import envelope_of, forgive_alien_properties
from postroad.composition import installed
from postroad.errors import summary
from postroad.messaging.inbox import dead_letters
from postroad.messaging.inbox import table as inbox
from postroad.messaging.inbox.consumer import Job, Mode, Outcome
from postroad.messaging.inbox.pipeline import Subscription, process
from postroad.messaging.message import Envelope
from postroad.messaging.models import DeadLetter, ProcessedMessage
from postroad.messaging.texts import short, storable
from postroad.processes import jobs, redrive
from postroad.processes.jobs import run_job
from tests.support.envelopes import envelopes, huge, longs, texts
from tests.support.letters import command, parked
from tests.support.shop import Shop

pytestmark = pytest.mark.django_db
PAGE = "/admin/postroad_messaging/deadletter/"
many = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.large_base_example],
)


def last(envelope: Envelope, subscriber: str = "bakery") -> Outcome:
    return run_job(Job(subscriber=subscriber, envelopes=(envelope,), mode=Mode.LAST, attempts=3)).outcome


def export(*arguments: str) -> list[dict[str, Any]]:
    out = io.StringIO()
    call_command("deadletters", "export", "--unmasked", *arguments, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def told(action: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command("deadletters", action, *arguments, stdout=out)
    return out.getvalue()


def undone(check: Any) -> None:
    """Run a check and undo what it stored, so that examples do not meet."""
    with transaction.atomic():
        check()
        transaction.set_rollback(True)


@many
@given(envelopes)
def test_any_envelope_is_parked_shown_exported_redriven_and_discarded(
    admin_client: Client, shop: Shop, envelope: Envelope
) -> None:
    shop.failures = {1}
    undone(lambda: live_through(admin_client, envelope))


def live_through(client: Client, envelope: Envelope) -> None:
    outcome = last(envelope)

    letter = DeadLetter.objects.get()
    assert outcome is Outcome.DONE
    assert bytes(letter.body) == envelope.body
    assert (letter.type, letter.message_id) == (
        storable(envelope.type),
        short(storable(envelope.id)) or letter.message_id,
    )
    assert letter.headers["partition-key"] == storable(envelope.key)
    assert dead_letters.envelope_of(letter).key == storable(envelope.key)
    assert client.get(PAGE).status_code == 200
    assert client.get(f"{PAGE}{letter.pk}/change/").status_code == 200
    assert client.get(f"{PAGE}confirm/redrive/?ids={letter.pk}").status_code == 200
    assert len(told("list").splitlines()) == 1
    assert f"body, {len(envelope.body)} bytes" in told("show", str(letter.pk))
    assert export()[0]["headers"] == letter.headers
    assert export(str(letter.pk))[0]["message_id"] == letter.message_id
    assert not redrive.redrive(installed(), letter).is_complete
    assert client.post(f"{PAGE}confirm/redrive/?ids={letter.pk}").status_code == 302
    assert client.get(PAGE).status_code == 200
    assert told("discard", str(letter.pk))
    assert parked() == []


@many
@given(texts | huge, texts | huge)
def test_a_subscriber_of_any_name_and_a_message_of_any_id_are_parked_once(name: str, message_id: str) -> None:
    def check() -> None:
        envelope = replace(command(1), id=message_id or "id")
        job = Job(
            subscriber="bakery.dead", envelopes=(envelope,) * 2, mode=Mode.BATCH, dead=((name, name), (name, name))
        )
        assert [run_job(job).outcome, run_job(job).outcome] == [Outcome.DONE] * 2
        assert DeadLetter.objects.count() == 1

    undone(check)


@many
@given(longs | texts.filter(bool), longs | texts.filter(bool))
def test_two_keys_are_two_and_each_holds_its_own_messages(first: str, second: str) -> None:
    handled: list[str] = []
    subscription = Subscription(
        subscriber="bakery", service="bakery", handle=lambda envelope: handled.append(envelope.id)
    )

    def check() -> None:
        keys = {"partition-key": first}
        dead_letters.park("bakery", replace(command(1), id="failed", headers=keys), reason="x")
        later = [
            replace(command(1), id=f"later-{at}", headers={"partition-key": key})
            for at, key in enumerate((first, second))
        ]
        process(subscription, later)
        behind = storable(first) == storable(second)
        assert handled == ([] if behind else ["later-1"])
        assert dead_letters.parked("bakery", storable(first)).count() == (3 if behind else 2)
        handled.clear()

    undone(check)


def table(entries: dict[bytes, bytes]) -> bytes:
    return b"".join(
        bytes([len(name)]) + name + b"S" + struct.pack(">I", len(value)) + value for name, value in entries.items()
    )


@many
@given(
    st.lists(st.binary(max_size=255), min_size=5, max_size=5),
    st.dictionaries(
        st.binary(min_size=1, max_size=255),
        st.binary(max_size=300) | st.binary(min_size=3_000, max_size=9_000),
        max_size=5,
    ),
    st.binary(max_size=5_000),
    st.integers(0, 2**64 - 1),
)
def test_any_bytes_that_rabbitmq_delivers_are_parked(
    admin_client: Client, shop: Shop, shorts: list[bytes], headers: dict[bytes, bytes], key: bytes, sent_at: int
) -> None:
    forgive_alien_properties()
    content_type, correlation_id, message_id, name, app_id = (bytes([len(text)]) + text for text in shorts)
    entries = table(headers | {b"partition-key": key})
    properties = [
        content_type, struct.pack(">I", len(entries)) + entries, correlation_id, message_id, struct.pack(">Q", sent_at), name, app_id
    ]  # fmt: skip
    message = amqp.Message()
    message.inbound_header(
        struct.pack(">HHQH", 60, 0, 0, 0x8000 | 0x2000 | 0x0400 | 0x0080 | 0x0040 | 0x0020 | 0x0008)
        + b"".join(properties)
    )
    envelope = envelope_of(message)

    def check() -> None:
        assert last(envelope) is Outcome.DONE
        letter = DeadLetter.objects.get()
        assert letter.headers["partition-key"] == storable(key.decode(errors="backslashreplace"))
        assert admin_client.get(f"{PAGE}{letter.pk}/change/").status_code == 200
        assert export()[0]["app_id"] == storable(shorts[-1].decode(errors="backslashreplace"))

    undone(check)


def test_keys_that_begin_alike_are_told_apart() -> None:
    one, other = "k" * 5_000 + "1", "k" * 5_000 + "2"
    dead_letters.park("bakery", replace(command(1), headers={"partition-key": one}), reason="x")
    admission = inbox.admit(
        "bakery", [replace(command(1), id=key[-1], headers={"partition-key": key}) for key in (one, other)]
    )

    assert admission.parked_keys == {one}
    assert dead_letters.parked("bakery", other).count() == 0


def test_ids_that_begin_alike_are_two_messages() -> None:
    ids = ["i" * 5_000 + end for end in "12"]

    admission = inbox.admit("bakery", [replace(command(1), id=message_id) for message_id in (*ids, ids[0])])

    assert [envelope.id for envelope in admission.new] == ids
    assert ProcessedMessage.objects.count() == 2


@given(st.text(max_size=600), st.text(max_size=600))
def test_short_forms_are_equal_only_for_equal_texts(one: str, other: str) -> None:
    assert len(short(one)) <= 319
    assert (short(one) == short(other)) == (one == other)
    assert short(short(one)) != short(one) or len(one) <= 255


def test_a_message_that_the_inbox_has_forgotten_is_parked_once() -> None:
    dead_letters.park("bakery", command(1), reason="first")
    ProcessedMessage.objects.all().delete()  # as retention does, sooner than with letters

    dead_letters.park("bakery", command(1), reason="second")

    assert parked() == [("1", "first")]


def test_it_is_said_to_be_parked_only_after_it_is(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    shop.failures = {1}
    caplog.set_level(logging.WARNING)

    last(command(1))

    (record,) = [record for record in caplog.records if record.name == "postroad.processes.jobs"]
    assert record.getMessage() == (
        "message parked (subscriber=bakery, message_id="
        f"{record.__dict__['message_id']}, type=bakery.Bake, error=ValueError: cannot bake for 1)"
    )
    assert record.levelname == "ERROR"
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], ValueError)
    assert record.__dict__["error"] == "ValueError: cannot bake for 1"
    assert parked() == [("1", "ValueError: cannot bake for 1")]


@pytest.mark.parametrize(
    ("failure", "line"),
    [
        (OperationalError("database is locked"), "message not parked yet: the database is away or in conflict"),
        (DataError("index row size 3000 exceeds"), "message cannot be parked; it is delivered again"),
        (ValueError("a fault of ours"), "message cannot be parked; it is delivered again"),
    ],
)
@pytest.mark.parametrize("mode", [Mode.LAST, Mode.PARK])
def test_what_cannot_be_parked_comes_again_and_the_log_says_why(
    shop: Shop,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    failure: Exception,
    line: str,
    mode: Mode,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise failure

    shop.failures = {1}
    monkeypatch.setattr(dead_letters, "park", fail)
    monkeypatch.setattr(jobs.connection, "close", lambda: None)  # the test's transaction must live on

    result = run_job(Job(subscriber="bakery", envelopes=(command(1),), mode=mode, reason="killed its process"))

    (record,) = [record for record in caplog.records if record.name == "postroad.processes.jobs"]
    assert (result.outcome, result.error) == (Outcome.TRANSIENT, summary(failure))
    assert record.getMessage().startswith(f"{line} (subscriber=bakery, ")
    assert record.__dict__["error"] == summary(failure)
    assert record.__dict__["reason"] in {"ValueError: cannot bake for 1", "killed its process"}


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Unspeakable(), "Unspeakable: (its __str__ failed)"),
        (ValueError("a\x00b\ud800"), r"ValueError: a\x00b\ud800"),
        (ValueError("x" * 10_000_000), f"ValueError: {'x' * 2_000}"),
    ],
)
def test_an_error_of_any_text_is_a_reason(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(shop, "_act", fail)

    assert last(command(1)) is Outcome.DONE
    letter = DeadLetter.objects.get()
    assert letter.reason == reason
    assert len(letter.traceback) <= 100_000
    assert not redrive.redrive(installed(), letter).is_complete


def plan(query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(("EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN ") + query)
        return "\n".join(str(row) for row in cursor.fetchall())


def test_what_is_parked_for_a_key_is_found_through_its_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off" if connection.vendor == "postgresql" else "ANALYZE")
    condition = (
        "LEFT(partition_key, 255) = 'a'" if connection.vendor == "postgresql" else "SUBSTR(partition_key, 1, 255) = 'a'"
    )

    found = plan(
        f"SELECT id FROM postroad_dead_letter WHERE state = 'parked' AND subscriber = 'x' AND {condition}"  # noqa: S608
    )

    assert "postroad_dead_letter_waiting" in found
