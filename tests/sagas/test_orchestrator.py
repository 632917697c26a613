"""Sagas with database, outbox and inbox, on the memory broker."""

import json
from dataclasses import replace
from typing import Any

import pytest
from django.core.management import call_command

from postroad.commands.sender import send
from postroad.errors import MisconfiguredError, OutsideTransaction
from postroad.installation import installing
from postroad.messaging.message import Address, Envelope, Outgoing
from postroad.messaging.models import DeadLetter, OutboxMessage
from postroad.messaging.outbox.producer import unit_of_work
from postroad.sagas import catalog
from postroad.sagas.definition import Saga
from postroad.sagas.execution import Status
from postroad.sagas.history import find_saga_history
from postroad.sagas.models import SagaInstance
from postroad.sagas.orchestrator import start_saga
from postroad.sagas.steps import Step
from postroad.testing.pump import Pump
from tests.support.shop import Sale, Shop, Sweep, nothing, receipt, sell, selling, sweep

pytestmark = pytest.mark.django_db


def begin(order: int) -> str:
    with unit_of_work():
        return start_saga(sell, Sale(order_id=order))


def status(saga_id: str) -> str:
    return SagaInstance.objects.get(pk=saga_id).status


def steps(saga_id: str) -> list[tuple[str, str, str]]:
    history = SagaInstance.objects.get(pk=saga_id).history.order_by("id")
    return list(history.values_list("step", "direction", "outcome"))


def waiting_for(saga_id: str) -> str:
    return SagaInstance.objects.get(pk=saga_id).request_id


def reply(saga_id: str, request_id: str, *, message_id: str = "r1", name: str = "bakery.Baked") -> Outgoing:
    body = b'{"loaves":1}' if name == "bakery.Baked" else b'{"reason":"late"}'
    envelope = Envelope(
        id=message_id,
        type=name,
        body=body,
        correlation_id=request_id,
        headers={"saga-id": saga_id, "partition-key": saga_id},
    )
    return Outgoing(address=Address(channel=f"counter.replies.{_shard(saga_id)}"), envelope=envelope)


def _shard(saga_id: str) -> str:
    return catalog.installed().find("counter.Sell", 1).replies.queue(saga_id).rpartition(".")[2]


def test_a_saga_completes_and_keeps_the_history_of_every_step(pump: Pump, shop: Shop) -> None:
    saga_id = begin(1)

    pump.until_quiet()

    assert status(saga_id) == Status.COMPLETED
    assert steps(saga_id) == [(name, "do", "success") for name in ("bake", "charge", "sweep", "receipt", "close")]
    assert [what for what, _ in shop.done if what != "loaf_baked"] == [
        "bake",
        "charge",
        "sweep",
        "receipt",
        "close_sale",
    ]


def test_a_refused_saga_is_undone_in_reverse_order(pump: Pump, shop: Shop) -> None:
    shop.refusals["charge"] = {1}
    saga_id = begin(1)

    pump.until_quiet()

    assert status(saga_id) == Status.COMPENSATED
    assert steps(saga_id) == [
        ("bake", "do", "success"),
        ("charge", "do", "failure"),
        ("bake", "undo", "success"),
        ("sale", "undo", "success"),
    ]
    assert SagaInstance.objects.get(pk=saga_id).reason == "no charge"


def test_a_refused_compensation_is_stuck_and_shown(
    pump: Pump, shop: Shop, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    shop.refusals["charge"] = {1}
    shop.refusals["throw"] = {1}
    saga_id = begin(1)

    pump.until_quiet()
    call_command("sagas", "list")
    call_command("sagas", "show", saga_id)

    shown = capsys.readouterr().out
    assert status(saga_id) == Status.STUCK
    assert "undo of 'bake' was refused: no throw" in shown
    assert [record.levelname for record in caplog.records if "saga is stuck: undo of 'bake'" in record.message] == [
        "ERROR"
    ]
    assert "↶ bake" in shown


def test_behind_the_pivot_a_refused_command_is_stored_for_later(pump: Pump, shop: Shop) -> None:
    shop.refusals["receipt"] = {1}
    saga_id = begin(1)
    pump.until_quiet()
    first = SagaInstance.objects.get(pk=saga_id)
    delayed = OutboxMessage.objects.get(type="till.Receipt")
    shop.refusals["receipt"] = set()
    OutboxMessage.objects.update(available_at=delayed.created_at)

    pump.until_quiet()

    assert (first.status, first.failures) == (Status.RUNNING, 1)
    assert delayed.available_at > delayed.created_at
    assert status(saga_id) == Status.COMPLETED


def test_a_duplicated_reply_moves_a_saga_once(pump: Pump, shop: Shop) -> None:
    saga_id = begin(1)
    answer = reply(saga_id, waiting_for(saga_id))
    copy = replace(answer, envelope=replace(answer.envelope, id="r2"))
    pump.broker.publisher().publish([answer, answer, copy])
    pump.runner.step(timeout_seconds=0)

    assert steps(saga_id) == [("bake", "do", "success"), ("charge", "do", "")]


@pytest.mark.parametrize("name", ["bakery.Baked", "bakery.Refused"])
def test_a_late_reply_changes_nothing(pump: Pump, shop: Shop, name: str) -> None:
    saga_id = begin(1)
    first_request = waiting_for(saga_id)
    pump.broker.publisher().publish([reply(saga_id, first_request)])
    pump.runner.step(timeout_seconds=0)
    before = steps(saga_id)
    pump.broker.publisher().publish([reply(saga_id, first_request, message_id="r9", name=name)])

    pump.runner.step(timeout_seconds=0)

    assert steps(saga_id) == before


def test_a_reply_out_of_order_changes_nothing(pump: Pump, shop: Shop) -> None:
    saga_id = begin(1)
    pump.broker.publisher().publish([reply(saga_id, "01900000-0000-7000-8000-00000000ffff")])

    pump.runner.step(timeout_seconds=0)

    assert steps(saga_id) == [("bake", "do", "")]


@pytest.mark.parametrize("name", ["bakery.Baked", "bakery.Refused"])
def test_a_reply_for_a_finished_saga_changes_nothing(pump: Pump, shop: Shop, name: str) -> None:
    saga_id = begin(1)
    request = waiting_for(saga_id)
    pump.until_quiet()
    before = steps(saga_id)
    replies = [reply(saga_id, request, message_id="r1", name=name), reply(saga_id, "", message_id="r2", name=name)]
    pump.broker.publisher().publish(replies)

    pump.until_quiet()

    assert steps(saga_id) == before
    assert status(saga_id) == Status.COMPLETED
    assert not DeadLetter.objects.exists()


def test_a_saga_in_flight_finishes_on_the_definition_it_started_with(pump: Pump, shop: Shop) -> None:
    saga_id = begin(1)
    close = Step("close", do=shop.close_sale)
    newer = Saga("counter.Sell", version=2, data=Sale, key="order_id", steps=[close])

    with installing(shop.parts(selling(shop.cancel_sale, shop.close_sale), newer)):
        Pump().until_quiet()

    assert status(saga_id) == Status.COMPLETED
    assert len(steps(saga_id)) == 5


def test_starting_a_saga_that_is_not_listed_names_those_that_are(pump: Pump, shop: Shop) -> None:
    stranger = Saga("counter.Buy", version=1, data=Sale, key="order_id", steps=[Step("close", do=nothing)])

    with pytest.raises(MisconfiguredError, match=r"counter.Buy version 1 is not listed .* known: counter.Sell 1"):
        start_saga(stranger, Sale(order_id=1))


@pytest.mark.django_db(transaction=True)
def test_starting_a_saga_outside_a_transaction_is_refused(shop: Shop) -> None:
    local = Saga("counter.Close", version=1, data=Sale, key="order_id", steps=[Step("close", do=shop.close_sale)])
    with installing(shop.parts(sell, local)):
        for saga in (sell, local):
            with pytest.raises(
                OutsideTransaction, match=f"saga {saga.name} was started outside a transaction; wrap it"
            ):
                start_saga(saga, Sale(order_id=1))

    assert not shop.done
    assert not SagaInstance.objects.exists()


def test_statements_of_a_reply_are_counted(pump: Pump, shop: Shop, django_assert_num_queries: Any) -> None:
    saga_id = begin(1)
    pump.broker.publisher().publish([reply(saga_id, waiting_for(saga_id))])

    # inbox, lock, answer into history, instance, history of the next step, outbox; and the test's savepoint
    with django_assert_num_queries(6 + 2):
        pump.runner.step(timeout_seconds=0)


def test_a_lock_is_stored_with_the_saga_and_costs_no_statement(
    pump: Pump, shop: Shop, django_assert_num_queries: Any
) -> None:
    saga_id = begin(1)
    plain = reply(saga_id, waiting_for(saga_id))
    locked = replace(plain.envelope, headers={**plain.envelope.headers, "saga-lock": "bakery/oven/1"})
    pump.broker.publisher().publish([replace(plain, envelope=locked)])

    with django_assert_num_queries(6 + 2):
        pump.runner.step(timeout_seconds=0)
    assert SagaInstance.objects.get(pk=saga_id).locks == ["bakery/oven/1"]


def test_a_late_reply_adds_only_its_lock(pump: Pump, shop: Shop) -> None:
    saga_id = begin(1)
    before = steps(saga_id)
    late = reply(saga_id, "another request")
    locked = replace(late.envelope, headers={**late.envelope.headers, "saga-lock": "bakery/oven/1"})
    pump.broker.publisher().publish([replace(late, envelope=locked)])
    pump.runner.step(timeout_seconds=0)

    assert SagaInstance.objects.get(pk=saga_id).locks == ["bakery/oven/1"]
    assert steps(saga_id) == before


def test_what_a_saga_sends_before_a_local_step_comes_before_what_that_step_sends(shop: Shop) -> None:
    def close(data: Sale) -> None:
        send(Sweep(order_id=data.order_id + 1))

    saga = Saga(
        "counter.Tidy",
        version=1,
        data=Sale,
        key="order_id",
        steps=[Step("sweep", do=sweep), Step("close", do=close), Step("receipt", do=receipt)],
    )
    with installing(shop.parts(saga)), unit_of_work():
        start_saga(saga, Sale(order_id=1))
    sent = [(row.type, json.loads(bytes(row.body))["orderId"]) for row in OutboxMessage.objects.order_by("id")]

    assert sent == [("bakery.Sweep", 1), ("bakery.Sweep", 2), ("till.Receipt", 1)]


def test_the_history_tells_the_steps_of_the_latest_saga(pump: Pump, shop: Shop) -> None:
    begin(1)
    pump.until_quiet()

    history = find_saga_history(["counter.Sell"], "1")

    assert history is not None
    assert (history.status, history.saga_type) == ("COMPLETED", "counter.Sell")
    assert [(step.kind, step.message_type, step.reply) for step in history.steps][:2] == [
        ("command", "bakery.Bake", "bakery.Baked"),
        ("command", "till.Charge", "postroad.Done"),
    ]
    assert all(step.milliseconds is not None for step in history.steps)


def test_there_is_no_history_of_what_never_began(pump: Pump) -> None:
    assert find_saga_history(["counter.Sell"], "404") is None
