"""The check of the relay."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections

from postroad import clock
from postroad.commands.sender import send
from postroad.messaging.models import OutboxHold, OutboxMessage, OutboxState
from postroad.messaging.outbox import wakeup
from postroad.messaging.outbox.presence import Presence
from postroad.messaging.outbox.producer import unit_of_work
from postroad.messaging.outbox.relay import Relay
from postroad.messaging.outbox.wakeup import NotifyWakeup
from postroad.operations.doctor.findings import Finding, Level
from postroad.operations.doctor.relay import look_at_relay
from tests.support.publishers import ObedientPublisher
from tests.support.shop import Bake
from tests.worker.office import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def look(*, late_seconds: float = 60.0, has_process: bool = True) -> Finding:
    [found] = look_at_relay(late_seconds=late_seconds, has_process=has_process)
    return found


@pytest.fixture(autouse=True)
def no_relay_yet(db: None) -> None:
    """Forget relays of other tests: the table has no model that would empty it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM postroad_relay_state")


def bake(*, error: str = "", delay_seconds: float = 0.0) -> None:
    with unit_of_work():
        send(Bake(order_id=1), delay_seconds=delay_seconds)
    OutboxMessage.objects.update(error=error)


def test_an_empty_outbox_is_well_where_the_relay_is_a_thread() -> None:
    assert look(has_process=False).level is Level.OK


def test_a_fresh_row_is_well_where_the_relay_is_a_thread() -> None:
    bake()

    found = look(has_process=False)

    assert found.level is Level.OK
    assert "the oldest message waits" in found.text


def test_a_row_that_waits_for_long_is_a_failure() -> None:
    bake()

    found = look(late_seconds=0.0)

    assert found.level is Level.FAILURE
    assert "no relay takes it" in found.text
    assert "manage.py relay" in found.remedy


def test_a_row_that_is_not_due_yet_waits_for_nobody() -> None:
    bake(delay_seconds=3600)

    assert look(late_seconds=0.0, has_process=False).text == "nothing waits"


def test_a_row_that_its_destination_does_not_take_says_so() -> None:
    bake(error="unroutable")

    found = look(late_seconds=0.0)

    assert "its destination does not take it (unroutable)" in found.text
    assert "outbox status" in found.remedy


@pytest.fixture
def relay_is_there() -> None:
    Presence().beat()


@pytest.mark.postgres
def test_no_relay_is_a_failure_though_nothing_waits() -> None:
    found = look()

    assert (found.level, found.text) == (Level.FAILURE, "nothing waits, but no relay has been seen lately")


@pytest.mark.postgres
@pytest.mark.usefixtures("relay_is_there")
def test_a_relay_that_is_there_is_well() -> None:
    assert (look().level, look().text) == (Level.OK, "nothing waits, a relay is there")


@pytest.mark.postgres
@pytest.mark.usefixtures("relay_is_there")
def test_a_relay_that_was_seen_too_long_ago_is_a_failure() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE postroad_relay_state SET seen_at = seen_at - interval '50 seconds'")

    assert look().level is Level.FAILURE


@pytest.mark.postgres
@pytest.mark.usefixtures("relay_is_there")
def test_a_relay_that_is_there_and_does_not_get_on_is_a_failure() -> None:
    bake()

    found = look(late_seconds=0.0)

    assert "a relay runs but makes no progress" in found.text


def test_messages_that_are_set_aside_are_a_warning_with_the_way_out() -> None:
    bake()
    bake()
    OutboxMessage.objects.update(state=OutboxState.SET_ASIDE)

    relay, found = look_at_relay(late_seconds=60.0, has_process=False)

    assert relay.text == "nothing waits"
    assert (found.about, found.level) == ("outbox", Level.WARNING)
    assert "2 messages are set aside" in found.text
    assert "outbox retry" in found.remedy


def test_a_destination_that_is_held_for_long_is_a_failure_that_names_it() -> None:
    bake()
    OutboxMessage.objects.update(state=OutboxState.HELD)
    since = clock.now() - timedelta(hours=1)
    OutboxHold.objects.create(lane=1, channel="gone", route="2", since=since, retry_at=since, error="unroutable")

    found = look(has_process=False)

    assert found.level is Level.FAILURE
    assert "a message to gone 2 waits" in found.text
    assert "(unroutable)" in found.text


@pytest.mark.postgres
def test_a_relay_that_nobody_can_see_listening_is_seen_and_goes_on_by_polling(monkeypatch: pytest.MonkeyPatch) -> None:
    """As behind a pooler in transaction mode: LISTEN is taken, no notification arrives, and nobody is seen to listen."""
    monkeypatch.setattr(wakeup, "_LISTEN", "SELECT 1")
    publisher, stop, presence = ObedientPublisher(), threading.Event(), Presence()
    waiting = NotifyWakeup()
    relay = Relay(publisher, waiting, is_durable=True)

    def run() -> None:
        relay.run(stop, beat=presence.beat)
        waiting.close()
        connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    is_seen = wait_until(lambda: look().text == "nothing waits, a relay is there", seconds=20)
    bake()
    is_sent = wait_until(lambda: not OutboxMessage.objects.exists(), seconds=20)
    stop.set()
    thread.join(10)

    assert (is_seen, is_sent) == (True, True)
    assert sum(len(batch) for batch in publisher.batches) == 1
