"""Bindings that only an earlier release wants: remembered, removed when no worker of it runs, and harmless until then."""

import io
import threading
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings

from postroad.brokers.memory import MemoryBroker
from postroad.codecs.types import Message
from postroad.composition import Postroad, Service, compose
from postroad.events.handlers import EventHandlers
from postroad.events.messages import event
from postroad.events.publisher import publish
from postroad.installation import installing
from postroad.management.commands import declare_channels
from postroad.messaging import watch
from postroad.messaging.message import Envelope
from postroad.messaging.models import DeadLetter, DeclaredBindings
from postroad.messaging.outbox.producer import unit_of_work
from postroad.messaging.topology import Binding
from postroad.messaging.watch import Attempted, Fact
from postroad.operations.doctor.findings import Level
from postroad.operations.doctor.queues import look_at_bindings
from postroad.processes import bindings
from postroad.testing.pump import Pump
from postroad.worker import binding_removal as worker_bindings
from postroad.worker.binding_removal import BindingKeeper
from postroad.worker.members import LOST_SECONDS, Announcement
from tests.support.registry import HandClock
from tests.support.shop import LOAVES, LoafBaked

pytestmark = pytest.mark.django_db
HANDLED: list[Message] = []


@event("bakery.LoafBurnt", of=LOAVES, key="order_id")
class LoafBurnt(Message):
    order_id: int


def release(*types: type[Message], service: str = "counter") -> Postroad:
    """Return a release of a service that handles events of some types."""
    table = EventHandlers(f"{service}.loaves", of=LOAVES, handlers=dict.fromkeys(types, HANDLED.append))
    return compose([Service(name=service, events=(table,))])


OLD, NEW = release(LoafBaked, LoafBurnt), release(LoafBaked)
BURNT = [
    Binding(exchange="bakery.Loaf", queue=f"counter.loaves.{shard}", route=f"{shard}.bakery.LoafBurnt")
    for shard in range(4)
]


class Recorder(MemoryBroker):
    """Notes what is unbound."""

    def __init__(self) -> None:
        super().__init__()
        self.unbound: list[Binding] = []

    def unbind(self, bindings: Any) -> None:
        self.unbound += bindings
        super().unbind(bindings)


@pytest.fixture(autouse=True)
def nothing_handled() -> None:
    HANDLED.clear()


@pytest.fixture
def patience(settings: Settings) -> None:
    settings.POSTROAD = {**settings.POSTROAD, "STALE_BINDING_SECONDS": 0}


@pytest.mark.usefixtures("patience")
def test_what_only_another_release_bound_is_removed_and_forgotten() -> None:
    broker = Recorder()
    for parts in (OLD, NEW):
        broker.declare(parts.topology)
        bindings.remember(parts)
    known = bindings.stale(NEW)

    left = bindings.remove_stale(broker, NEW)

    assert (known, broker.unbound, left) == (BURNT, BURNT, 0)
    assert list(DeclaredBindings.objects.values_list("digest", flat=True)) == [bindings.digest_of(NEW)]


def test_what_was_declared_lately_stays_because_its_release_may_be_starting() -> None:
    broker = Recorder()
    for parts in (NEW, OLD):
        bindings.remember(parts)

    assert (bindings.remove_stale(broker, NEW), broker.unbound) == (4, [])
    assert (bindings.remove_stale(broker, NEW, is_patient=False), broker.unbound) == (0, BURNT)


@pytest.mark.usefixtures("patience")
def test_another_service_in_the_same_database_keeps_its_bindings() -> None:
    broker = Recorder()
    for parts in (release(LoafBurnt, service="till"), NEW):
        bindings.remember(parts)

    assert (bindings.remove_stale(broker, NEW), broker.unbound) == (0, [])


def test_an_event_that_nobody_handles_is_counted_and_parks_neither_itself_nor_its_key() -> None:
    facts: list[Fact] = []
    with watch.watching(facts.append):
        pump = Pump(NEW)
        pump.broker.declare(OLD.topology)  # still bound
        with unit_of_work():
            publish(LoafBaked(order_id=1, loaves=1))
            publish(LoafBurnt(order_id=1))
            publish(LoafBaked(order_id=1, loaves=2))

        pump.until_quiet()

    assert [LoafBaked(order_id=1, loaves=1), LoafBaked(order_id=1, loaves=2)] == HANDLED
    assert not DeadLetter.objects.exists()
    assert Attempted(channel="counter.loaves", outcome="ignored", messages=1) in facts


@pytest.mark.parametrize(
    ("envelope", "is_ignored"),
    [
        (Envelope(id="1", type="bakery.LoafBurnt", body=b""), True),
        (Envelope(id="1", type="bakery.LoafBurnt", body=b"", headers={"kind": "event"}), True),
        (Envelope(id="1", type="bakery.LoafBaked", body=b""), False),
        (Envelope(id="", type="bakery.LoafBurnt", body=b""), False),
        (Envelope(id="1", type="", body=b""), False),
        (Envelope(id="1", type="bakery.LoafBurnt", body=b"", headers={"kind": "command"}), False),
    ],
)
def test_only_an_event_of_a_type_that_nobody_handles_is_ignored(envelope: Envelope, *, is_ignored: bool) -> None:
    handle: Any = NEW.subscriptions["counter.loaves"].handle

    assert handle.ignores(envelope) is is_ignored


def said(digest: str, service: str = "counter") -> Announcement:
    return Announcement(member="m", node="n@h", service=service, topology="t", bindings=digest)


@pytest.mark.parametrize(
    ("others", "can_hear", "may_remove"),
    [
        ([], True, True),
        ([said(bindings.digest_of(NEW))], True, True),
        ([said("x", service="till")], True, True),
        ([said(bindings.digest_of(OLD))], True, False),
        ([said(bindings.digest_of(NEW)), said(bindings.digest_of(OLD))], True, False),
        ([], False, False),
    ],
)
def test_a_worker_removes_only_when_it_hears_no_worker_of_another_release(
    others: list[Announcement], *, can_hear: bool, may_remove: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    done = threading.Event()

    def settle(*_: object, may_remove: bool) -> bool:
        asked.append(may_remove)
        done.set()
        return True

    monkeypatch.setattr(worker_bindings, "settle", settle)
    monkeypatch.setattr(worker_bindings, "RabbitMQ", lambda _url: None)
    clock = HandClock()
    keeper = BindingKeeper(NEW, now=clock)
    clock.pass_by(2 * LOST_SECONDS)
    keeper.look(others, can_hear=can_hear)

    assert done.wait(5)
    assert asked == [may_remove]


def test_the_command_removes_and_says_so_or_says_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    broker, out = Recorder(), io.StringIO()
    monkeypatch.setattr(declare_channels, "broker_for", lambda _url: broker)
    monkeypatch.setattr(broker, "is_durable", True)
    monkeypatch.setattr(declare_channels, "ask_workers", lambda: {"n@h": said(bindings.digest_of(OLD))})
    bindings.remember(OLD)
    with installing(NEW):
        call_command("declare_channels", stdout=out)
        kept = list(broker.unbound)
        call_command("declare_channels", "--prune", stdout=out)

    assert (kept, broker.unbound) == ([], BURNT)
    assert "4 bindings stay that no handler here wants: n@h runs another release." in out.getvalue()
    assert "4 bindings are removed that no handler wants any more." in out.getvalue()


def test_the_doctor_names_what_is_bound_in_vain() -> None:
    [well] = look_at_bindings(list)
    [found] = look_at_bindings(lambda: BURNT)

    assert (well.level, found.level) == (Level.OK, Level.WARNING)
    assert found.text == ("4 bindings of other releases that no handler here wants: bakery.LoafBurnt (counter.loaves)")
    assert "declare_channels --prune" in found.remedy
