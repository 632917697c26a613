"""PostgreSQL's NOTIFY, only while a relay says that it is idle."""

import threading
import time
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection, connections

from postroad.commands.sender import send
from postroad.messaging.outbox.producer import unit_of_work
from postroad.messaging.outbox.wakeup import BellWakeup, NotifyWakeup
from tests.faults.deployment import free_port
from tests.support.shop import Bake


def send_and_fail() -> None:
    send(Bake(order_id=1))
    raise ZeroDivisionError


@pytest.mark.django_db(transaction=True)
def test_a_commit_rings_the_bell_of_its_process_and_a_rollback_does_not() -> None:
    wakeup = BellWakeup()
    wakeup.idle()
    with pytest.raises(ZeroDivisionError), unit_of_work():
        send_and_fail()
    began = time.monotonic()
    wakeup.wait(0.05)
    waited_for_nothing = time.monotonic() - began

    with unit_of_work():
        send(Bake(order_id=1))
    began = time.monotonic()
    wakeup.wait(10)

    assert waited_for_nothing >= 0.04
    assert time.monotonic() - began < 5


@pytest.fixture
def sleeper() -> Iterator[NotifyWakeup]:
    wakeup = NotifyWakeup()
    yield wakeup
    wakeup.close()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_commit_elsewhere_wakes_an_idle_relay(sleeper: NotifyWakeup) -> None:
    def write() -> None:
        with unit_of_work():
            send(Bake(order_id=1))
        connections.close_all()

    sleeper.idle()
    writer = threading.Thread(target=write)
    began = time.monotonic()
    writer.start()
    sleeper.wait(20)
    took = time.monotonic() - began
    writer.join()

    assert took < 10


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_busy_relay_is_not_notified(sleeper: NotifyWakeup) -> None:
    sleeper.idle()
    sleeper.busy()
    with unit_of_work():
        send(Bake(order_id=1))
    sleeper._listening()

    assert list(sleeper._listener.notifies(timeout=0.2, stop_after=1)) == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_lost_listener_is_opened_again(sleeper: NotifyWakeup) -> None:
    sleeper.idle()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [sleeper._listener.info.backend_pid])
    sleeper.wait(0.05)

    sleeper.idle()

    assert not sleeper._listening().closed


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_database_that_refuses_the_listener_is_an_error_of_the_database(
    sleeper: NotifyWakeup, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It went away between the relay's last statement and this connection; the relay tries again after such an error."""
    refused = {**connection.get_connection_params(), "host": "127.0.0.1", "port": free_port()}
    monkeypatch.setattr(connection, "get_connection_params", lambda: refused)

    with pytest.raises(OperationalError, match="refused"):
        sleeper.idle()
