"""What a handler returns: only what its table declares is an answer, everything else is its failure."""

import asyncio
import gc
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from postroad.commands.handlers import CommandHandlers
from postroad.commands.messages import Done, Rejected
from postroad.commands.refusals import refuse
from postroad.commands.sender import send
from postroad.composition import Service, compose
from postroad.events.handlers import EventHandlers
from postroad.events.snapshots import Snapshots
from postroad.installation import installing
from postroad.messaging.inbox.consumer import Job, Mode, Outcome
from postroad.messaging.message import Envelope
from postroad.messaging.models import DeadLetter, OutboxMessage, ProcessedMessage
from postroad.messaging.outbox.producer import unit_of_work
from postroad.processes.jobs import run_job
from postroad.testing.pump import Pump
from tests.support.shop import BAKERY, LOAVES, Bake, Baked, Declined, LoafBaked, Refused, Sweep, Throw

pytestmark = pytest.mark.django_db


async def coroutine() -> Done:
    return Done()


LAZY: dict[str, Callable[[], Any]] = {
    "coroutine": coroutine,
    "generator": lambda: (number for number in [1]),
    "map": lambda: map(str, [1]),
    "future": lambda: asyncio.Future(loop=asyncio.new_event_loop()),
}


class Bakery:
    """Handlers that return what a test wants."""

    def __init__(self) -> None:
        self.answer: Callable[[], Any] = Done

    def handle(self, _: Any) -> Any:
        send(Sweep(order_id=1))
        return self.answer()

    def page(self, _: str, __: int) -> Any:
        send(Sweep(order_id=1))
        return self.answer()


@pytest.fixture
def bakery() -> Iterator[Bakery]:
    bakery = Bakery()
    commands = CommandHandlers(BAKERY, {Bake: bakery.handle, Throw: bakery.handle, Sweep: bakery.handle})
    events = (EventHandlers("bakery.x", of=LOAVES, handlers={LoafBaked: bakery.handle}),)
    snapshots = (Snapshots(LOAVES, bakery.page),)
    parts = compose([Service(name="bakery", commands=(commands,), events=events, snapshots=snapshots)])
    with installing(parts):
        yield bakery


def run(name: str, mode: Mode = Mode.SINGLE, subscriber: str = "bakery", reply_to: str = "client") -> Any:
    body = b'{"orderId":1,"loaves":1,"channel":"bakery.Loaf","subscriber":"x.y","shards":1,"types":[]}'
    envelope = Envelope(id=f"m-{name}", type=name, body=body, reply_to=reply_to, headers={"partition-key": "1"})
    return run_job(Job(subscriber=subscriber, envelopes=(envelope,), mode=mode))


def nothing_happened() -> bool:
    return not (OutboxMessage.objects.exists() or ProcessedMessage.objects.exists())


def answers() -> list[str]:
    return list(OutboxMessage.objects.filter(channel="client").values_list("type", flat=True))


@pytest.mark.parametrize("kind", LAZY)
@pytest.mark.parametrize(
    ("subscriber", "name"),
    [
        ("bakery", "bakery.Bake"),
        ("bakery", "bakery.Sweep"),
        ("bakery.x", "bakery.LoafBaked"),
        ("bakery.snapshots", "postroad.PublishSnapshots"),
    ],
)
def test_a_result_that_nobody_would_run_is_a_failure(bakery: Bakery, kind: str, subscriber: str, name: str) -> None:
    bakery.answer = LAZY[kind]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = run(name, subscriber=subscriber)
        gc.collect()

    assert result.outcome is Outcome.FAILED
    assert "InvalidResult: tests.messaging.test_results.Bakery." in result.error
    assert "which nobody runs: its work was not done" in result.error
    assert nothing_happened()
    assert [one for one in caught if "never awaited" in str(one.message)] == []


def test_a_failure_of_that_kind_is_parked_at_the_last_attempt(bakery: Bakery) -> None:
    bakery.answer = coroutine
    run("bakery.LoafBaked", Mode.LAST, subscriber="bakery.x")

    assert "returned coroutine, which nobody runs" in DeadLetter.objects.get().reason
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        ("bakery.Bake", None, "answers bakery.Bake with nothing; the command declares replies=(Baked, Refused,)"),
        ("bakery.Bake", Done(), "answers bakery.Bake with Done; the command declares replies=(Baked, Refused,)"),
        ("bakery.Bake", Declined(reason="x"), "answers bakery.Bake with Declined"),
        ("bakery.Bake", Rejected(reason="x"), "answers bakery.Bake with Rejected"),
        ("bakery.Bake", Bake(order_id=1), "answers bakery.Bake with Bake"),
        ("bakery.Bake", True, "answers bakery.Bake with bool"),
        ("bakery.Bake", "", "answers bakery.Bake with str"),
        ("bakery.Bake", {}, "answers bakery.Bake with dict"),
        ("bakery.Throw", None, "answers bakery.Throw with nothing; the command declares replies=(Done, Refused,)"),
        ("bakery.Throw", False, "answers bakery.Throw with bool"),
        ("bakery.Sweep", Baked(loaves=1), "answers bakery.Sweep with Baked; the command declares no replies"),
        ("bakery.Sweep", 0, "answers bakery.Sweep with int; the command declares no replies"),
    ],
)
@pytest.mark.parametrize("reply_to", ["client", ""])
def test_an_answer_that_is_not_declared_is_a_failure(
    bakery: Bakery, name: str, answer: Any, said: str, reply_to: str
) -> None:
    bakery.answer = lambda: answer
    result = run(name, reply_to=reply_to)

    assert result.outcome is Outcome.FAILED
    assert result.error.startswith("InvalidResult: tests.messaging.test_results.Bakery.handle answers")
    assert said in result.error
    assert nothing_happened()


@pytest.mark.parametrize(("name", "known"), [("bakery.Bake", "Baked, Refused"), ("bakery.Throw", "Done, Refused")])
def test_a_refusal_that_is_not_declared_is_a_failure(bakery: Bakery, name: str, known: str) -> None:
    bakery.answer = lambda: refuse(Declined(reason="no money"))
    result = run(name)

    assert result.outcome is Outcome.FAILED
    assert f"answers {name} with Declined; the command declares replies=({known},)" in result.error
    assert nothing_happened()


def test_a_refusal_of_a_command_that_declares_none_is_a_failure(bakery: Bakery) -> None:
    bakery.answer = lambda: refuse(Declined(reason="no money"))
    result = run("bakery.Sweep")

    assert result.outcome is Outcome.FAILED
    assert "answers bakery.Sweep with Declined; the command declares no replies: return nothing" in result.error
    assert nothing_happened()


@pytest.mark.parametrize(("name", "outcome"), [("bakery.Bake", Outcome.DONE), ("bakery.Sweep", Outcome.FAILED)])
def test_a_handler_may_reject_a_command_whose_changes_can_be_undone(
    bakery: Bakery, name: str, outcome: Outcome
) -> None:
    bakery.answer = lambda: refuse(Rejected(reason="invalid_message"))

    assert run(name).outcome is outcome
    assert answers() == ["postroad.Rejected"] * (outcome is Outcome.DONE)
    assert OutboxMessage.objects.filter(type="bakery.Sweep").count() == 0


@pytest.mark.parametrize(
    ("name", "answer", "sent"),
    [
        ("bakery.Bake", Baked(loaves=1), "bakery.Baked"),
        ("bakery.Bake", Refused(reason="x"), "bakery.Refused"),
        ("bakery.Throw", Done(), "postroad.Done"),
        ("bakery.Sweep", None, "postroad.Done"),
        ("bakery.Sweep", Done(), "postroad.Done"),
    ],
)
def test_an_answer_that_is_declared_is_sent(bakery: Bakery, name: str, answer: Any, sent: str) -> None:
    bakery.answer = lambda: answer

    assert run(name).outcome is Outcome.DONE
    assert answers() == [sent]


def test_an_event_handler_may_return_what_it_stored(bakery: Bakery) -> None:
    bakery.answer = lambda: {"kept": 1}

    assert run("bakery.LoafBaked", subscriber="bakery.x").outcome is Outcome.DONE


def test_a_forgotten_return_is_retried_and_parked_with_its_reason(bakery: Bakery) -> None:
    bakery.answer = lambda: None
    pump = Pump()
    with unit_of_work():
        send(Throw(order_id=1), reply_to="bakery.x.0")
    pump.until_quiet()
    letter = DeadLetter.objects.get()
    pump.close()

    assert letter.reason.startswith("InvalidResult: tests.messaging.test_results.Bakery.handle answers bakery.Throw")
    assert letter.attempts == 4
