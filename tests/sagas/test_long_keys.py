"""A key may be as long as a message can carry: locks are released, sagas are found, nothing inside is narrower."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command

from postroad.codecs.names import Description
from postroad.codecs.types import Message
from postroad.commands.handlers import CommandHandlers
from postroad.commands.messages import Done, command
from postroad.composition import Service, compose
from postroad.errors import InvalidDeclaration
from postroad.events.handlers import EventHandlers
from postroad.installation import installing
from postroad.messaging.channels import CommandChannel, EventChannel
from postroad.messaging.models import DeadLetter
from postroad.messaging.outbox.producer import unit_of_work
from postroad.messaging.texts import indexed
from postroad.sagas.definition import Saga
from postroad.sagas.history import find_saga_history
from postroad.sagas.models import SagaInstance, SagaLock, StashedMessage
from postroad.sagas.orchestrator import start_saga
from postroad.sagas.steps import SagaData, Step
from postroad.testing.pump import Pump
from tests.support.shop import LOAVES, Sale, nothing

pytestmark = pytest.mark.django_db
PARCELS = CommandChannel("parcels", shards=2)


@command("parcels.Hold", on=PARCELS, key="label", replies=(Done,))
class Hold(Message):
    label: str


@command("parcels.Release", on=PARCELS, key="label", replies=(Done,))
class Release(Message):
    label: str


class Parcel(SagaData):
    label: str


def hold(data: Parcel) -> Hold:
    return Hold(label=data.label)


def release(data: Parcel) -> Release:
    return Release(label=data.label)


carry = Saga(
    "post.Carry",
    version=1,
    data=Parcel,
    key="label",
    steps=[Step("hold", do=hold), Step("release", do=release)],
)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Labels of the parcels that were held and released, in order."""
    done: list[str] = []

    def handle(command: Any) -> Done:
        done.append(command.label)
        return Done()

    parcels = CommandHandlers(PARCELS, {Hold: handle, Release: handle}, locks={Hold: "parcel"})
    parts = compose(
        [Service(name="parcels", commands=(parcels,)), Service(name="post", sagas=(carry,))],
    )
    with installing(parts):
        yield done


def label(characters: int, alphabet: str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ/") -> str:
    """Text that no database can compress."""
    return "".join(random.Random(characters).choices(alphabet, k=characters))


LABELS = {
    **{f"{size}": label(size) for size in (1, 980, 999, 1000, 1001, 1983, 1984, 2000, 2001, 2650, 2710, 9000, 50_000)},
    **{f"{size} wide": label(size, "üñ☃𝄞λж") for size in (500, 640, 700, 1001, 3000)},
}


@pytest.mark.parametrize("size", LABELS)
def test_a_lock_is_released_however_long_its_key_is(held: list[str], size: str) -> None:
    pump = Pump()
    with unit_of_work():
        first = start_saga(carry, Parcel(label=LABELS[size]))
        second = start_saga(carry, Parcel(label=LABELS[size]))
        third = start_saga(carry, Parcel(label=LABELS[size] + "x"))
    pump.until_quiet()
    pump.close()

    assert list(DeadLetter.objects.values_list("reason", flat=True)) == []
    assert {saga.pk.hex: saga.status for saga in SagaInstance.objects.all()} == {
        saga.replace("-", ""): "COMPLETED" for saga in (first, second, third)
    }
    assert sorted(held) == sorted([LABELS[size]] * 4 + [LABELS[size] + "x"] * 2)
    assert not SagaLock.objects.exists()
    assert not StashedMessage.objects.exists()


@pytest.mark.parametrize("size", LABELS)
def test_a_saga_is_found_by_its_key_however_long_it_is(
    held: list[str], size: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with unit_of_work():
        saga_id = start_saga(carry, Parcel(label=LABELS[size]))
        start_saga(carry, Parcel(label=LABELS[size] + "x"))
    history = find_saga_history(["post.Carry"], LABELS[size])
    call_command("sagas", "show", LABELS[size])

    assert history is not None
    assert history.saga_id == saga_id
    assert "post.Carry version 1" in capsys.readouterr().out


@pytest.mark.parametrize("size", LABELS)
def test_an_indexed_text_is_short_distinct_and_begins_as_it_was(size: str) -> None:
    text = LABELS[size]
    short = indexed(text)

    assert len(short.encode()) <= 2000
    assert indexed(text + "x") != short
    assert text.startswith(short.partition("…")[0])
    assert indexed(short) == short


@pytest.mark.parametrize("size", [1, 200])
def test_names_that_fit_the_broker_are_taken(size: int) -> None:
    name = "n" * size
    named = Description(name=f"{'m' * (size - 1) or 'm'}.M"[-200:])

    assert named.name
    assert CommandChannel(name).name == name
    assert EventHandlers(name, of=LOAVES, handlers={}).subscriber == name


def test_names_that_would_not_fit_the_broker_are_refused() -> None:
    with pytest.raises(InvalidDeclaration, match="use at most 200 characters"):
        Description(name="m" * 199 + ".M")
    with pytest.raises(InvalidDeclaration, match="use at most 200 characters"):
        EventChannel("n" * 201)
    with pytest.raises(InvalidDeclaration, match="use 1 to 200 characters"):
        EventHandlers("n" * 201, of=LOAVES, handlers={})


@pytest.mark.parametrize("lock", ["", "a/b", "x" * 201])
def test_a_lock_that_is_no_name_is_refused(lock: str) -> None:
    with pytest.raises(InvalidDeclaration, match="use 1 to 200 characters without '/'"):
        CommandHandlers(PARCELS, {Hold: lambda _: Done()}, locks={Hold: lock})


@pytest.mark.parametrize(("version", "name"), [(-1, "a.B"), (2**31, "a.B"), (1, f"a.{'B' * 199}")])
def test_a_saga_that_no_row_could_name_is_refused(version: int, name: str) -> None:
    with pytest.raises(InvalidDeclaration, match=r"must be from 0 to 2147483647|use at most 200 characters"):
        Saga(name, version=version, data=Sale, key="order_id", steps=[Step("a", do=nothing)])
