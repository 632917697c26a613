"""A key of None is no key: nothing is ordered by it, locked by it, or parked behind it."""

import json
from collections.abc import Iterator

import pytest

from postroad.codecs.names import key_of
from postroad.codecs.types import Message
from postroad.commands.handlers import CommandHandlers
from postroad.commands.messages import Done, command, refusal
from postroad.commands.refusals import refuse
from postroad.commands.sender import send
from postroad.composition import Service, compose
from postroad.events.messages import event
from postroad.events.publisher import publish
from postroad.installation import installing
from postroad.messaging.channels import CommandChannel, EventChannel
from postroad.messaging.models import DeadLetter, OutboxMessage
from postroad.messaging.outbox.producer import unit_of_work
from postroad.messaging.outbox.table import TakenRow
from postroad.sagas.definition import Saga
from postroad.sagas.models import SagaInstance, SagaLock
from postroad.sagas.orchestrator import start_saga
from postroad.sagas.steps import SagaData, Step
from postroad.testing.pump import Pump

pytestmark = pytest.mark.django_db
POST = CommandChannel("post", shards=2)
LETTERS = EventChannel("post.Letter", shards=2)


@refusal("post.Undeliverable")
class Undeliverable(Message):
    reason: str | None


@command("post.Deliver", on=POST, key="box", replies=(Done, Undeliverable))
class Deliver(Message):
    text: str
    box: int | None = None


@event("post.Delivered", of=LETTERS, key="box")
class Delivered(Message):
    box: int | None = None


class Round(SagaData):
    box: int | None = None
    text: str = "by saga"


def deliver(data: Round) -> Deliver:
    return Deliver(text=data.text, box=data.box)


walk = Saga("post.Walk", version=1, data=Round, key="box", steps=[Step("deliver", do=deliver)])


class Post:
    def __init__(self) -> None:
        self.delivered: list[str] = []

    def deliver(self, command: Deliver) -> Done | Undeliverable:
        if command.text == "broken":
            raise ValueError("the letter is broken")
        if command.text == "returned":
            refuse(Undeliverable(reason=None))
        self.delivered.append(command.text)
        return Done()


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    post = Post()
    parts = compose(
        [
            Service(
                name="post",
                commands=(CommandHandlers(POST, {Deliver: post.deliver}, locks={Deliver: "box"}),),
                sagas=(walk,),
                publishes=(LETTERS,),
            )
        ]
    )
    with installing(parts):
        yield post


@pytest.fixture
def pump(post: Post) -> Iterator[Pump]:
    pump = Pump()
    yield pump
    pump.close()


def test_a_key_of_none_is_no_key() -> None:
    assert key_of(Deliver(text="a")) == ""
    assert key_of(Deliver(text="a", box=0)) == "0"


def test_a_failing_message_without_key_parks_no_other_one_without_key(pump: Pump, post: Post) -> None:
    with unit_of_work():
        send(Deliver(text="broken"))
    pump.until_quiet()
    with unit_of_work():
        send(Deliver(text="whole"))

    pump.until_quiet()

    assert post.delivered == ["whole"]
    assert list(DeadLetter.objects.values_list("partition_key", flat=True)) == [""]


def test_an_event_of_no_aggregate_names_none() -> None:
    with unit_of_work():
        publish(Delivered())

    row = OutboxMessage.objects.get()
    assert (row.partition_key, row.headers["partition-key"], row.headers["aggregate-id"]) == ("", "", "")


def test_a_header_that_is_none_is_left_out() -> None:
    with unit_of_work():
        send(Deliver(text="a"), headers={"tenant": None, "colour": "red"})

    headers = OutboxMessage.objects.get().headers
    assert headers["colour"] == "red"
    assert "tenant" not in headers


def test_a_header_that_was_stored_as_none_is_not_sent_as_text() -> None:
    headers = json.dumps({"a": None, "b": 1})
    row = TakenRow._make([1, 0, "0" * 32, "t", "c", "", "", headers, "", "", "", b"", 0, "", 0, False])

    assert row.outgoing().envelope.headers == {"b": "1"}


def test_a_saga_about_nothing_has_no_key_and_locks_nothing(pump: Pump, post: Post) -> None:
    with unit_of_work():
        start_saga(walk, Round())
        start_saga(walk, Round())

    pump.until_quiet()

    assert list(SagaInstance.objects.values_list("key", "status")) == [("", "COMPLETED")] * 2
    assert post.delivered == ["by saga"] * 2
    assert not SagaLock.objects.exists()


def test_a_refusal_whose_reason_is_none_has_its_name_for_a_reason(pump: Pump, post: Post) -> None:
    with unit_of_work():
        start_saga(walk, Round(text="returned"))

    pump.until_quiet()

    saga = SagaInstance.objects.get()
    assert (saga.status, saga.reason) == ("COMPENSATED", "post.Undeliverable")
    assert list(saga.history.values_list("detail", flat=True)) == [""]
