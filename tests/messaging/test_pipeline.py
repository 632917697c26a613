"""Inbox, handlers and outbox in one transaction; failures, parking and redrive; on the memory broker."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from postroad.codecs.registry import JSON
from postroad.commands.messages import Rejected
from postroad.commands.sender import send
from postroad.messaging import deadletters
from postroad.messaging.consumer import Job, Mode, Outcome
from postroad.messaging.message import Address, Envelope, Outgoing
from postroad.messaging.models import DeadLetter, OutboxMessage, ProcessedMessage
from postroad.messaging.producer import unit_of_work
from postroad.runtime import redrive
from postroad.runtime.jobs import run_job
from postroad.testing.pump import Pump
from tests.support.shop import Bake, Shop

pytestmark = pytest.mark.django_db


def bake(*orders: int, reply_to: str = "") -> list[str]:
    with unit_of_work():
        return [send(Bake(order_id=order), reply_to=reply_to) for order in orders]


def command(order: int, *, message_id: str = "01900000-0000-7000-8000-000000000001", reply_to: str = "") -> Envelope:
    return Envelope(
        id=message_id,
        type="bakery.Bake",
        body=b'{"orderId":%d}' % order,
        reply_to=reply_to,
        headers={"partition-key": str(order), "kind": "command"},
    )


def answers() -> list[tuple[str, dict[str, Any], bytes]]:
    rows = OutboxMessage.objects.filter(channel="client.answers").order_by("id")
    return [(row.type, row.headers, bytes(row.body)) for row in rows]


def parked() -> list[tuple[str, str]]:
    return list(DeadLetter.objects.filter(state="parked").order_by("id").values_list("partition_key", "reason"))


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


def test_a_failing_message_parks_with_its_key_and_the_others_flow(pump: Pump, shop: Shop) -> None:
    shop.failures = {2}
    bake(2, 1)
    pump.until_quiet()
    shop.failures = set()
    bake(2, 3, 2)

    pump.until_quiet()

    assert sorted(what for what in shop.done if what[0] == "bake") == [("bake", 1), ("bake", 3)]
    assert parked() == [("2", "ValueError: cannot bake for 2"), ("2", deadletters.BEHIND), ("2", deadletters.BEHIND)]


def test_redrive_handles_what_is_parked_in_order_and_the_key_flows_again(pump: Pump, shop: Shop) -> None:
    shop.failures = {2}
    sent = bake(2)
    pump.until_quiet()
    shop.failures = set()
    sent += bake(2, 2)
    pump.until_quiet()
    letter = DeadLetter.objects.order_by("id").first()
    assert letter is not None

    report = redrive.redrive(letter)

    assert report.text == "3 messages of key 2 for bakery handled."
    assert list(DeadLetter.objects.order_by("id").values_list("message_id", flat=True)) == sent
    assert parked() == []
    bake(2)
    pump.until_quiet()
    assert [what for what in shop.done if what[0] == "bake"] == [("bake", 2)] * 4


def test_redrive_stops_at_the_first_that_fails_again(pump: Pump, shop: Shop) -> None:
    shop.failures = {2}
    bake(2)
    pump.until_quiet()
    bake(2)
    pump.until_quiet()

    report = redrive.redrive_all()

    assert not report.is_complete
    assert "cannot bake for 2" in report.text
    assert len(parked()) == 2
    assert DeadLetter.objects.order_by("id").values_list("attempts", flat=True)[0] == 5


def test_a_discarded_message_is_given_up_and_those_behind_it_can_be_redriven(pump: Pump, shop: Shop) -> None:
    shop.failures = {2}
    bake(2)
    pump.until_quiet()
    bake(2)
    pump.until_quiet()
    shop.failures = set()
    first = DeadLetter.objects.order_by("id")[0]

    call_command("deadletters", "discard", str(first.pk))
    call_command("deadletters", "redrive", "--all")

    assert list(DeadLetter.objects.order_by("id").values_list("state", flat=True)) == ["discarded", "redriven"]
    assert [what for what in shop.done if what[0] == "bake"] == [("bake", 2)]


def test_discarding_twice_says_so(pump: Pump, shop: Shop) -> None:
    shop.failures = {2}
    bake(2)
    pump.until_quiet()
    letter = DeadLetter.objects.get()
    call_command("deadletters", "discard", str(letter.pk))

    with pytest.raises(CommandError, match="was not parked any more"):
        call_command("deadletters", "discard", str(letter.pk))


def test_a_dead_letter_that_does_not_exist_is_named(shop: Shop) -> None:
    with pytest.raises(CommandError, match="There is no dead letter 99"):
        call_command("deadletters", "redrive", "99")


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


def test_a_message_that_killed_its_process_is_parked_unrun(pump: Pump, shop: Shop) -> None:
    run_job(Job(subscriber="bakery", envelopes=(command(1),), mode=Mode.PARK, reason="killed its process"))

    assert shop.done == []
    assert parked() == [("1", "killed its process")]


def test_what_the_broker_gave_up_is_collected_once_under_its_subscriber(pump: Pump, shop: Shop) -> None:
    job = Job(
        subscriber="bakery.dead",
        envelopes=(command(1), command(1)),
        mode=Mode.BATCH,
        dead=(("bakery.3", "delivery_limit"), ("bakery.3", "delivery_limit")),
    )

    run_job(job)
    run_job(job)

    letter = DeadLetter.objects.get()
    assert (letter.subscriber, letter.reason) == ("bakery", "given up by the broker: delivery_limit")


def test_a_rejected_message_ends_in_the_dead_queue_and_in_one_dead_letter(pump: Pump, shop: Shop) -> None:
    sent = Outgoing(address=Address(channel="bakery", route="3"), envelope=command(1))
    pump.broker.publisher().publish([sent])
    receiver = pump.runner._receiver
    (delivery,) = receiver.receive(limit=1, timeout_seconds=0)
    receiver.reject(delivery)

    pump.until_quiet()

    letter = DeadLetter.objects.get()
    assert (letter.subscriber, letter.reason) == ("bakery", "given up by the broker: rejected")


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
