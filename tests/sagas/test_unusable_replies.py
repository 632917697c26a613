"""A reply that a saga cannot use makes it stuck and is parked; and functions of a saga that return what they must not."""

from dataclasses import replace
from typing import Any

import pytest

from postroad.codecs.types import Message
from postroad.commands.messages import Done, reply
from postroad.composition import Postroad, installed
from postroad.errors import InvalidResult
from postroad.installation import installing
from postroad.messaging.inbox.consumer import Job, Mode, Outcome
from postroad.messaging.message import Envelope
from postroad.messaging.models import DeadLetter, DeadLetterState, OutboxMessage
from postroad.messaging.outbox.producer import unit_of_work
from postroad.processes import redrive
from postroad.processes.jobs import run_job
from postroad.sagas.definition import Saga
from postroad.sagas.execution import Status
from postroad.sagas.history import find_saga_history
from postroad.sagas.models import SagaInstance
from postroad.sagas.orchestrator import start_saga
from postroad.sagas.steps import Step
from postroad.sagas.waiting import waiting
from postroad.testing.pump import Pump
from tests.support.shop import Bake, Baked, Charge, Sale, Shop, bake, sell, selling

pytestmark = pytest.mark.django_db


@reply("bakery.Burnt")
class Burnt(Message):
    pass


def begin(order: int = 1) -> SagaInstance:
    with unit_of_work():
        return SagaInstance.objects.get(pk=start_saga(sell, Sale(order_id=order)))


def answer(saga: SagaInstance, name: str, body: bytes = b"{}", *, message_id: str = "r1", **fields: Any) -> Envelope:
    envelope = Envelope(
        id=message_id,
        type=name,
        body=body,
        correlation_id=saga.request_id,
        headers={"saga-id": str(saga.pk), "partition-key": str(saga.pk)},
    )
    return replace(envelope, **fields)


def take(*envelopes: Envelope, mode: Mode = Mode.BATCH) -> Any:
    return run_job(Job(subscriber="counter.replies", envelopes=envelopes, mode=mode))


def replied(order: int = 1, *, until: str) -> SagaInstance:
    """Return a saga that waits for the answer to a step."""
    saga = begin(order)
    good = {"bake": ("bakery.Baked", b'{"loaves":1}'), "charge": ("postroad.Done", b"{}")}
    while saga.step != until:
        take(answer(saga, *good[saga.step], message_id=f"good-{saga.step}"))
        saga.refresh_from_db()
    OutboxMessage.objects.all().delete()
    return saga


UNUSABLE = {
    "not declared by this command": (
        "postroad.Done",
        b"{}",
        {},
        "postroad.Done is not a reply to its command; declared: ",
    ),
    "declared by another command": (
        "till.Declined",
        b'{"reason":"x"}',
        {},
        "till.Declined is not a reply to its command",
    ),
    "not known here": ("bakery.Burnt", b"{}", {}, "message type 'bakery.Burnt' is not known here"),
    "without a type": ("", b"{}", {}, "message type '' is not known here"),
    "with a body that does not fit": ("bakery.Baked", b'{"loaves":"x"}', {}, "the body does not fit"),
    "in another language": ("bakery.Baked", b"\x00", {"content_type": "text/xml"}, "content type 'text/xml' cannot"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_saga_is_stuck_on_a_reply_it_cannot_use_and_says_why(shop: Shop, kind: str) -> None:
    name, body, fields, said = UNUSABLE[kind]
    saga = begin()
    result = take(answer(saga, name, body, **fields))
    saga.refresh_from_db()
    letter = DeadLetter.objects.get()
    history = find_saga_history(["counter.Sell"], "1")
    assert history is not None
    told = waiting(history)

    assert result.outcome is Outcome.DONE
    assert (saga.status, saga.step, saga.ended_at) == (Status.STUCK, "bake", None)
    assert said in saga.reason
    assert (letter.subscriber, letter.partition_key, letter.state) == ("counter.replies", str(saga.pk), "parked")
    assert (bytes(letter.body), said in letter.reason) == (body, True)
    assert (history.steps[-1].outcome, said in history.steps[-1].detail) == ("failure", True)
    assert told is not None
    assert "the reply to step 'bake' cannot be used, and is parked" in told.why


def test_a_saga_that_is_stuck_is_an_error_in_the_log_with_its_cause(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    saga = begin()
    take(answer(saga, "bakery.Burnt"))
    (record,) = [record for record in caplog.records if "saga is stuck: its reply" in record.message]

    assert (record.levelname, vars(record)["saga_id"]) == ("ERROR", str(saga.pk))
    assert record.exc_info
    assert "bakery.Burnt" in str(record.exc_info[1])


@pytest.mark.parametrize("lock", ["garbage", "bakery/oven", "elsewhere/oven/1", "/", "a/b/\0"])
def test_a_reply_with_a_lock_that_could_not_be_given_back_makes_the_saga_stuck(shop: Shop, lock: str) -> None:
    saga = begin()
    envelope = answer(saga, "bakery.Baked", b'{"loaves":1}')
    result = take(replace(envelope, headers={**envelope.headers, "saga-lock": lock}))
    saga.refresh_from_db()

    assert (result.outcome, saga.status, saga.locks) == (Outcome.DONE, Status.STUCK, [])
    assert "does not name a lock of counter.Sell" in saga.reason
    assert DeadLetter.objects.get().state == DeadLetterState.PARKED


def test_redriven_too_early_the_reply_stays_parked_and_the_saga_stuck(shop: Shop) -> None:
    saga = begin()
    take(answer(saga, "bakery.Burnt"))
    report = redrive.redrive(installed(), DeadLetter.objects.get())
    saga.refresh_from_db()

    assert not report.is_complete
    assert "bakery.Burnt' is not known here" in report.text
    assert (saga.status, DeadLetter.objects.get().state) == (Status.STUCK, DeadLetterState.PARKED)


def test_a_reply_that_is_declared_later_and_redriven_moves_the_saga_on(
    pump: Pump, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    saga = begin()
    take(answer(saga, "bakery.Burnt"))
    report = redrive.redrive(learn(monkeypatch, Burnt), DeadLetter.objects.get())
    saga.refresh_from_db()

    assert report.is_complete
    assert (saga.status, saga.step, saga.reason) == (Status.RUNNING, "charge", "")
    assert DeadLetter.objects.get().state == DeadLetterState.REDRIVEN


def learn(monkeypatch: pytest.MonkeyPatch, reply: type[Message]) -> Postroad:
    """Let a new release declare another reply to every command of the saga."""
    answers, replies = Saga.answers, Saga.replies
    monkeypatch.setattr(Saga, "answers", lambda saga, step, *, is_undo: (*answers(saga, step, is_undo=is_undo), reply))
    monkeypatch.setattr(Saga, "replies", lambda saga: replies(saga) | {reply})
    return Shop().parts()


def test_a_usable_reply_by_another_message_frees_a_stuck_saga(shop: Shop) -> None:
    saga = begin()
    take(answer(saga, "bakery.Burnt"))
    redrive.discard(DeadLetter.objects.get())
    take(answer(saga, "bakery.Baked", b'{"loaves":1}', message_id="by hand"))
    saga.refresh_from_db()

    assert (saga.status, saga.step, saga.data["baked"]) == (Status.RUNNING, "charge", 1)


def test_a_compensation_with_an_unusable_reply_goes_on_compensating_for_its_first_reason(shop: Shop) -> None:
    saga = replied(until="charge")
    take(answer(saga, "till.Declined", b'{"reason":"card"}', message_id="no"))
    saga.refresh_from_db()
    take(answer(saga, "bakery.Burnt", message_id="burnt"))
    saga.refresh_from_db()
    stuck = (saga.status, saga.step)
    redrive.discard(DeadLetter.objects.get())
    take(answer(saga, "postroad.Done", message_id="thrown"))
    saga.refresh_from_db()

    assert stuck == (Status.STUCK, "bake")
    assert (saga.status, saga.reason) == (Status.COMPENSATED, "card")


def test_behind_the_pivot_the_count_of_refusals_is_kept(shop: Shop) -> None:
    saga = replied(until="receipt")
    take(answer(saga, "till.Declined", b'{"reason":"paper"}', message_id="no"))
    saga.refresh_from_db()
    take(answer(saga, "bakery.Burnt", message_id="burnt"))
    redrive.discard(DeadLetter.objects.get())
    take(answer(saga, "till.Declined", b'{"reason":"ink"}', message_id="no again"))
    saga.refresh_from_db()

    assert (saga.status, saga.failures, saga.reason) == (Status.RUNNING, 2, "ink")


@pytest.mark.parametrize("correlation_id", ["", "another"])
@pytest.mark.parametrize("status", [Status.RUNNING, Status.STUCK, Status.COMPLETED])
def test_an_unreadable_reply_that_nobody_waits_for_is_parked_and_changes_no_saga(
    shop: Shop, status: str, correlation_id: str
) -> None:
    saga = begin()
    SagaInstance.objects.update(status=status, request_id=saga.request_id if status == Status.RUNNING else "")
    take(answer(saga, "bakery.Burnt", correlation_id=correlation_id))
    saga.refresh_from_db()

    assert (saga.status, saga.reason) == (status, "")
    assert DeadLetter.objects.count() == 1


async def later(*_: Any) -> None: ...


def wrong_results() -> list[Any]:
    return [later, lambda *_: True, lambda *_: {"order_id": 1}, lambda *_: Done(), lambda *_: (one for one in "ab")]


@pytest.mark.parametrize("number", range(5))
def test_a_local_step_that_returns_no_data_of_its_saga_is_a_failure(shop: Shop, number: int) -> None:
    def cancel_sale(data: Sale) -> None:
        return wrong_results()[number]()  # type: ignore[no-any-return]  # the mistake

    with installing(shop.parts(selling(cancel_sale, shop.close_sale))):
        saga = replied(until="charge")
        take(answer(saga, "till.Declined", b'{"reason":"card"}', message_id="no"))
        saga.refresh_from_db()
        result = take(answer(saga, "postroad.Done", message_id="thrown"), mode=Mode.SINGLE)

    assert result.outcome is Outcome.FAILED
    assert "InvalidResult" in result.error
    assert (SagaInstance.objects.get().status, SagaInstance.objects.get().data) == (saga.status, saga.data)


@pytest.mark.parametrize("number", range(6))
def test_a_function_on_a_reply_that_returns_no_data_of_its_saga_is_a_failure(shop: Shop, number: int) -> None:
    def wrong(data: Sale, reply: Baked) -> Sale:
        return [*wrong_results(), lambda *_: None][number]()  # type: ignore[no-any-return]  # the mistake

    saga = begin()
    step = Step("bake", do=bake, on={Baked: wrong})
    with installing(shop.parts(Saga("counter.Sell", version=1, data=Sale, key="order_id", steps=[step]))):
        result = take(answer(saga, "bakery.Baked", b'{"loaves":1}'), mode=Mode.SINGLE)

    assert result.outcome is Outcome.FAILED
    assert "InvalidResult" in result.error
    assert SagaInstance.objects.get().data == saga.data


def make_other(data: Sale) -> Bake:
    return Charge(order_id=data.order_id)  # type: ignore[return-value]  # the mistake


def make_nothing(data: Sale) -> Bake:
    return None  # type: ignore[return-value]  # the mistake


def make_coroutine(data: Sale) -> Bake:
    return later()  # type: ignore[return-value]  # the mistake


@pytest.mark.parametrize("make", [make_other, make_nothing, make_coroutine])
def test_a_step_that_makes_another_command_than_it_says_is_a_failure(shop: Shop, make: Any) -> None:
    step = Step("bake", do=make)
    saga = Saga("counter.Wrong", version=1, data=Sale, key="order_id", steps=[step])
    with (
        installing(shop.parts(saga)),
        pytest.raises(InvalidResult, match=r"returned Charge, not Bake|returned NoneType|nobody runs"),
        unit_of_work(),
    ):
        start_saga(saga, Sale(order_id=1))

    assert not SagaInstance.objects.exists()


def test_a_local_step_may_return_nothing_to_keep_the_data(pump: Pump, shop: Shop) -> None:
    saga = begin()
    pump.until_quiet()
    saga.refresh_from_db()

    assert (saga.status, saga.data["baked"]) == (Status.COMPLETED, 1)
