"""Inbox, handlers and outbox in one transaction; failures, parking and redrive; on the memory broker."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command

from postroad.codecs.registry import JSON
from postroad.commands.messages import Rejected
from postroad.messaging.inbox.consumer import Job, Mode, Outcome
from postroad.messaging.message import Address, Envelope, Outgoing
from postroad.messaging.models import DeadLetter, OutboxMessage, ProcessedMessage
from postroad.processes.jobs import run_job
from postroad.testing.pump import Pump
from tests.support.letters import bake, command, parked
from tests.support.shop import Shop

pytestmark = pytest.mark.django_db


def answers() -> list[tuple[str, dict[str, Any], bytes]]:
    rows = OutboxMessage.objects.filter(channel="client.answers").order_by("id")
    return [(row.type, row.headers, bytes(row.body)) for row in rows]


def run(*envelopes: Envelope, mode: Mode = Mode.BATCH) -> Outcome:
    return run_job(Job(subscriber="bakery", envelopes=envelopes, mode=mode)).outcome


def test_a_message_is_handled_and_answered_and_nothing_is_left(pump: Pump, shop: Shop) -> None:
    bake(1)

    pump.until_quiet()

    assert shop.done == [("bake", 1), ("loaf_baked", 1)]
    assert OutboxMessage.objects.count() == 0
    assert set(ProcessedMessage.objects.values_list("subscriber", flat=True)) == {"bakery", "counter.loaves"}


def test_a_duplicate_is_acknowledged_and_changes_nothing(pump: Pump, shop: Shop) -> None:
    sent = Outgoing(address=Address(channel="bakery", route="3"), envelope=command(1))
    pump.broker.publisher().publish([sent, sent])
    pump.until_quiet()
    pump.broker.publisher().publish([sent])

    pump.until_quiet()

    assert shop.done == [("bake", 1), ("loaf_baked", 1)]
    assert pump.broker.depth("bakery.3") == 0


def test_a_handler_that_fails_leaves_no_inbox_row_and_no_message(pump: Pump, shop: Shop) -> None:
    shop.failures = {1}

    outcome = run(command(1))

    assert outcome is Outcome.FAILED
    assert ProcessedMessage.objects.count() == 0
    assert OutboxMessage.objects.count() == 0


def test_one_failing_message_of_a_batch_does_not_undo_its_neighbours(pump: Pump, shop: Shop) -> None:
    shop.failures = {2}
    bake(1, 2, 3)

    pump.until_quiet()

    assert sorted(what for what in shop.done if what[0] == "bake") == [("bake", 1), ("bake", 3)]
    assert parked() == [("2", "ValueError: cannot bake for 2")]


def test_a_refusal_is_answered_and_what_the_handler_did_is_undone(pump: Pump, shop: Shop) -> None:
    shop.refusals["bake"] = {1}

    outcome = run(command(1, reply_to="client.answers"))

    ((name, headers, body),) = answers()
    assert outcome is Outcome.DONE
    assert (name, body) == ("bakery.Refused", b'{"reason":"no bake"}')
    assert headers["outcome"] == "failure"
    assert OutboxMessage.objects.filter(type="bakery.LoafBaked").count() == 0


def test_a_reply_carries_the_requests_id_and_saga_headers(pump: Pump, shop: Shop) -> None:
    asked = command(1, reply_to="client.answers")
    asked = replace(asked, headers={**asked.headers, "saga-id": "s1", "saga-type": "x.Y", "saga-step": "bake"})

    run(asked)

    row = OutboxMessage.objects.get(channel="client.answers")
    assert row.correlation_id == asked.id
    assert (row.partition_key, row.app_id, row.route) == ("s1", "bakery", "")
    assert {name: row.headers[name] for name in ("saga-id", "saga-type", "saga-step", "outcome", "kind")} == {
        "saga-id": "s1",
        "saga-type": "x.Y",
        "saga-step": "bake",
        "outcome": "success",
        "kind": "reply",
    }


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"type": "bakery.Cook"}, "unknown_type"),
        ({"type": ""}, "unknown_type"),
        ({"body": b"{"}, "invalid_message"),
        ({"body": b""}, "invalid_message"),
        ({"body": b'{"orderId":"x"}'}, "invalid_message"),
        ({"body": b"\x00" * (5 * 1024 * 1024)}, "invalid_message"),
        ({"content_type": "text/plain"}, "unknown_content_type"),
        ({"id": ""}, "invalid_message"),
    ],
)
def test_a_command_that_cannot_be_read_is_answered(pump: Pump, shop: Shop, broken: dict[str, Any], reason: str) -> None:
    outcome = run(replace(command(1, reply_to="client.answers"), **broken))

    ((name, headers, body),) = answers()
    assert (outcome, name, headers["outcome"]) == (Outcome.DONE, "postroad.Rejected", "failure")
    assert JSON.decode(body, Rejected).reason == reason
    assert shop.done == []


@pytest.mark.parametrize(
    "broken", [{"type": "bakery.Cook"}, {"body": b"{"}, {"content_type": "text/plain"}, {"id": ""}]
)
def test_a_command_that_cannot_be_read_and_wants_no_answer_is_parked_at_once(
    pump: Pump, shop: Shop, broken: dict[str, Any]
) -> None:
    outcome = run(replace(command(1), **broken))

    letter = DeadLetter.objects.get()
    assert outcome is Outcome.DONE
    assert letter.attempts == 1
    assert bytes(letter.body) == broken.get("body", b'{"orderId":1}')
    assert letter.traceback


def test_text_that_the_database_cannot_store_is_parked_all_the_same(pump: Pump, shop: Shop) -> None:
    nasty = replace(command(1), type="no.Such", headers={"partition-key": "a\x00b", "x": "\x00"}, body=b"\x00\xff")

    assert run(nasty) is Outcome.DONE
    assert bytes(DeadLetter.objects.get().body) == b"\x00\xff"


def test_an_event_that_cannot_be_read_is_parked(pump: Pump, shop: Shop) -> None:
    envelope = Envelope(id="e1", type="bakery.LoafBaked", body=b"[]", headers={"partition-key": "1"})

    result = run_job(Job(subscriber="counter.loaves", envelopes=(envelope,), mode=Mode.BATCH))

    assert result.outcome is Outcome.DONE
    assert DeadLetter.objects.get().subscriber == "counter.loaves"


def test_a_reply_for_a_saga_nobody_knows_is_parked(pump: Pump, shop: Shop) -> None:
    stranger = Envelope(id="r1", type="postroad.Done", body=b"{}", headers={"saga-id": str(UUID(int=5))})
    nonsense = replace(stranger, id="r2", headers={"saga-id": "nonsense"})
    nameless = replace(stranger, id="r3", headers={})

    outcomes = [
        run_job(Job(subscriber="counter.replies", envelopes=(envelope,), mode=Mode.BATCH)).outcome
        for envelope in (stranger, nonsense, nameless)
    ]

    assert outcomes == [Outcome.DONE] * 3
    assert DeadLetter.objects.count() == 3


@pytest.mark.parametrize("size", [1, 50])
def test_statements_of_a_batch_do_not_depend_on_its_size(
    pump: Pump, shop: Shop, size: int, django_assert_num_queries: Any
) -> None:
    envelopes = tuple(
        Envelope(
            id=f"e{number}",
            type="bakery.LoafBaked",
            body=b'{"orderId":1,"loaves":1}',
            headers={"partition-key": str(number)},
        )
        for number in range(size)
    )

    with django_assert_num_queries(1 + 2):  # the inbox, and the test's savepoint around the batch
        run_job(Job(subscriber="counter.loaves", envelopes=envelopes, mode=Mode.BATCH))

    assert len(shop.done) == size


def test_the_outbox_of_a_batch_is_one_statement(pump: Pump, shop: Shop, django_assert_num_queries: Any) -> None:
    envelopes = tuple(command(number, message_id=f"c{number}", reply_to="client.answers") for number in range(1, 21))
    savepoints = 2 * 20  # Bake declares a refusal, so each handler has one

    with django_assert_num_queries(1 + savepoints + 1 + 2):  # inbox, savepoints, outbox, the test's own savepoint
        run_job(Job(subscriber="bakery", envelopes=envelopes, mode=Mode.BATCH))

    assert OutboxMessage.objects.count() == 40


def test_the_outbox_status_names_destinations_and_reasons(capsys: pytest.CaptureFixture[str], shop: Shop) -> None:
    bake(1, 1)
    OutboxMessage.objects.update(error="unroutable", attempts=3)

    call_command("outbox", "status")

    shown = capsys.readouterr().out
    assert "bakery 3  (unroutable)" in shown
    assert "       2  " in shown
