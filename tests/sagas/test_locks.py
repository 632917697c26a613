"""Two sagas about one thing: the second waits in the stash until the first has ended."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from postroad.codecs.types import Message, Positive
from postroad.commands.handlers import CommandHandlers
from postroad.commands.messages import Done, command, refusal
from postroad.commands.refusals import refuse
from postroad.commands.sender import send
from postroad.composition import Service, compose, installed
from postroad.envelopes import envelope_of
from postroad.errors import InvalidDeclaration
from postroad.ids import new_id
from postroad.installation import installing
from postroad.messaging.channels import CommandChannel
from postroad.messaging.inbox.consumer import Job, Mode, Outcome
from postroad.messaging.message import Kind
from postroad.messaging.models import DeadLetter, OutboxMessage
from postroad.messaging.outbox.producer import put, unit_of_work
from postroad.processes import redrive
from postroad.processes.jobs import run_job
from postroad.sagas.definition import Saga
from postroad.sagas.models import SagaInstance, SagaLock, StashedMessage
from postroad.sagas.orchestrator import start_saga
from postroad.sagas.participants.unlocking import Unlock, unlocking
from postroad.sagas.steps import SagaData, Step
from postroad.testing.pump import Pump

pytestmark = pytest.mark.django_db
ROOMS = CommandChannel("rooms", shards=2)
CASH = CommandChannel("cash", shards=2)


@refusal("rooms.Full")
class Full(Message):
    reason: str


@command("rooms.Hold", on=ROOMS, key="room", replies=(Done, Full))
class Hold(Message):
    room: Positive
    guest: str


@command("rooms.Free", on=ROOMS, key="room", replies=(Done,))
class Free(Message):
    room: Positive
    guest: str


@command("cash.Pay", on=CASH, key="room", replies=(Done, Full))
class Pay(Message):
    room: Positive
    guest: str


class Stay(SagaData):
    guest: str
    room: int


def hold(data: Stay) -> Hold:
    return Hold(room=data.room, guest=data.guest)


def free(data: Stay) -> Free:
    return Free(room=data.room, guest=data.guest)


def pay(data: Stay) -> Pay:
    return Pay(room=data.room, guest=data.guest)


def booking(end: Callable[[Stay], None]) -> Saga[Stay]:
    return Saga(
        "hotel.Book",
        version=1,
        data=Stay,
        key="guest",
        steps=[
            Step("hold", do=hold, undo=free),
            Step("pay", do=pay, pivot=True),
            Step("end", do=end),
        ],
    )


def nothing(data: Stay) -> None: ...


book = booking(nothing)


class Hotel:
    """What happened, in order; `poor` guests cannot pay, `clumsy` ones make the handler fail."""

    def __init__(self) -> None:
        self.done: list[tuple[str, str]] = []
        self.poor: set[str] = set()
        self.clumsy: set[str] = set()
        self.unwelcome: set[str] = set()

    def hold(self, command: Hold) -> Done:
        if command.guest in self.clumsy:
            raise ValueError(command.guest)
        if command.guest in self.unwelcome:
            refuse(Full(reason="unwelcome"))
        self.done.append(("hold", command.guest))
        return Done()

    def free(self, command: Free) -> Done:
        self.done.append(("free", command.guest))
        return Done()

    def pay(self, command: Pay) -> Done:
        if command.guest in self.poor:
            refuse(Full(reason="no money"))
        self.done.append(("pay", command.guest))
        return Done()

    def end(self, data: Stay) -> None:
        self.done.append(("end", data.guest))


@pytest.fixture
def hotel() -> Hotel:
    return Hotel()


@pytest.fixture
def hotel_pump(hotel: Hotel, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pump]:
    rooms = CommandHandlers(ROOMS, {Hold: hotel.hold, Free: hotel.free}, locks={Hold: "room"})
    parts = compose(
        [
            Service(name="rooms", commands=(rooms,)),
            Service(name="cash", commands=(CommandHandlers(CASH, {Pay: hotel.pay}),)),
            Service(name="hotel", sagas=(booking(hotel.end),)),
        ]
    )
    with installing(parts):
        pump = Pump()
        yield pump
        pump.close()


def begin(guest: str, room: int = 7) -> str:
    with unit_of_work():
        return start_saga(book, Stay(guest=guest, room=room))


def statuses() -> dict[str, str]:
    return dict(SagaInstance.objects.values_list("key", "status"))


def nothing_is_left() -> bool:
    return not (SagaLock.objects.exists() or StashedMessage.objects.exists() or DeadLetter.objects.exists())


def test_a_second_saga_waits_until_the_first_has_ended(hotel: Hotel, hotel_pump: Pump) -> None:
    begin("Ada")
    begin("Bob")
    hotel_pump.until_quiet()

    assert hotel.done == [
        ("hold", "Ada"),
        ("pay", "Ada"),
        ("end", "Ada"),
        ("hold", "Bob"),
        ("pay", "Bob"),
        ("end", "Bob"),
    ]
    assert statuses() == {"Ada": "COMPLETED", "Bob": "COMPLETED"}
    assert nothing_is_left()


def test_many_sagas_get_the_lock_in_the_order_they_came(hotel: Hotel, hotel_pump: Pump) -> None:
    guests = ["Ada", "Bob", "Cid", "Dan", "Eve"]
    [begin(guest) for guest in guests]
    hotel_pump.until_quiet()

    assert [guest for what, guest in hotel.done if what == "hold"] == guests
    assert nothing_is_left()


def test_a_saga_that_compensates_unlocks_too(hotel: Hotel, hotel_pump: Pump) -> None:
    hotel.poor.add("Ada")
    begin("Ada")
    begin("Bob")
    hotel_pump.until_quiet()

    assert statuses() == {"Ada": "COMPENSATED", "Bob": "COMPLETED"}
    assert hotel.done[:3] == [("hold", "Ada"), ("free", "Ada"), ("hold", "Bob")]
    assert nothing_is_left()


def test_a_refused_command_holds_its_lock_no_longer_than_its_saga(hotel: Hotel, hotel_pump: Pump) -> None:
    hotel.unwelcome.add("Ada")
    begin("Ada")
    begin("Bob")
    hotel_pump.until_quiet()

    assert statuses() == {"Ada": "COMPENSATED", "Bob": "COMPLETED"}
    assert nothing_is_left()


def test_sagas_about_different_things_do_not_wait(hotel: Hotel, hotel_pump: Pump) -> None:
    hotel.clumsy.add("Ada")  # her command is parked; the lock stays with her
    begin("Ada", room=7)
    begin("Bob", room=8)
    hotel_pump.until_quiet()

    assert statuses()["Bob"] == "COMPLETED"


def test_a_command_without_saga_locks_nothing_and_is_answered(hotel: Hotel, hotel_pump: Pump) -> None:
    with unit_of_work():
        send(Hold(room=7, guest="Zoe"))
    hotel_pump.until_quiet()

    assert hotel.done == [("hold", "Zoe")]
    assert nothing_is_left()


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "\udfff\x00"])
@pytest.mark.parametrize("field", ["header", "id", "app_id", "correlation_id"])
def test_a_command_with_text_that_no_database_stores_waits_as_any_other(
    hotel: Hotel, hotel_pump: Pump, field: str, text: str
) -> None:
    bob = {"saga-id": new_id(), "saga-type": "hotel.Book", "partition-key": "7"}
    SagaLock.objects.create(target="rooms/room/7", saga_id="another", saga_type="hotel.Book")
    hold = envelope_of(Hold(room=7, guest="Bob"), kind=Kind.COMMAND, headers=bob)
    foreign = {"headers": {**hold.headers, "note": text}} if field == "header" else {field: text}

    outcome = run_job(Job(subscriber="rooms", envelopes=(replace(hold, **foreign),), mode=Mode.BATCH)).outcome
    assert (outcome, StashedMessage.objects.count(), DeadLetter.objects.count()) == (Outcome.DONE, 1, 0)

    with unit_of_work():
        put(unlocking(ROOMS, "rooms/room/7", saga_id="another"))
    hotel_pump.until_quiet()
    assert hotel.done == [("hold", "Bob")]


@pytest.mark.parametrize("header", ["saga-id", "saga-type"])
@pytest.mark.parametrize("text", ["a\x00b", "\ud800", random.Random(1).randbytes(4_000).hex()])
def test_a_command_with_any_text_for_its_saga_locks_and_unlocks(
    hotel: Hotel, hotel_pump: Pump, header: str, text: str
) -> None:
    foreign = {"saga-id": "foreign", "saga-type": "hotel.Book", "partition-key": "7", header: text}
    hold = envelope_of(Hold(room=7, guest="Bob"), kind=Kind.COMMAND, headers=foreign)
    free = envelope_of(Unlock(target="rooms/room/7"), kind=Kind.COMMAND, headers=foreign)
    jobs = [Job(subscriber="rooms", envelopes=(envelope,), mode=Mode.BATCH) for envelope in (hold, free)]

    held = run_job(jobs[0]).outcome, SagaLock.objects.count()
    freed = run_job(jobs[1]).outcome, SagaLock.objects.count()

    assert (held, freed) == ((Outcome.DONE, 1), (Outcome.DONE, 0))
    assert hotel.done == [("hold", "Bob")]


def test_an_unlock_of_somebody_elses_lock_changes_nothing(hotel: Hotel, hotel_pump: Pump) -> None:
    SagaLock.objects.create(target="rooms/room/7", saga_id="another", saga_type="hotel.Book")
    with unit_of_work():
        put(unlocking(ROOMS, "rooms/room/7", saga_id=new_id()))
    hotel_pump.until_quiet()

    assert SagaLock.objects.get().saga_id == "another"


def test_a_stashed_command_that_fails_is_parked_and_can_be_redriven(hotel: Hotel, hotel_pump: Pump) -> None:
    hotel.clumsy.add("Bob")
    begin("Ada")
    begin("Bob")
    hotel_pump.until_quiet()
    letter = DeadLetter.objects.get()
    assert (letter.type, statuses()["Bob"]) == ("postroad.Unlock", "RUNNING")

    hotel.clumsy.clear()
    assert redrive.redrive(installed(), letter).is_complete
    hotel_pump.until_quiet()
    assert statuses() == {"Ada": "COMPLETED", "Bob": "COMPLETED"}


def test_a_lock_on_a_command_that_nobody_handles_is_refused(hotel: Hotel) -> None:
    with pytest.raises(InvalidDeclaration, match="Free has a lock"):
        CommandHandlers(ROOMS, {Hold: hotel.hold}, locks={Free: "room"})


def test_a_late_reply_to_an_ended_saga_gives_its_lock_back(hotel: Hotel, hotel_pump: Pump) -> None:
    saga = begin("Ada")
    SagaInstance.objects.filter(pk=saga).update(status="COMPENSATED", request_id="", ended_at="2030-01-01T00:00Z")
    hotel_pump.until_quiet()

    assert hotel.done == [("hold", "Ada")]
    assert not OutboxMessage.objects.exists()
    assert nothing_is_left()
