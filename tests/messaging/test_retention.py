"""Every table has an end: what expires is deleted batch by batch, and nothing that may still be needed."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from pytest_django import Settings

from postroad import clock
from postroad.checks.settings import KEYS
from postroad.composition import installed
from postroad.errors import PermanentError
from postroad.installation import installing
from postroad.messaging import retention
from postroad.messaging.inbox import dead_letters
from postroad.messaging.inbox import table as inbox
from postroad.messaging.message import Envelope
from postroad.messaging.models import DeadLetter, DeadLetterState, ProcessedMessage
from postroad.messaging.outbox import sweeper
from postroad.messaging.outbox.relay import Relay
from postroad.messaging.outbox.wakeup import BellWakeup
from tests.faults.deployment import ROOT, until
from tests.support.publishers import ObedientPublisher

pytestmark = pytest.mark.django_db

FORTNIGHT, QUARTER = timedelta(days=14), timedelta(days=90)


def processed(count: int, *, age: timedelta, name: str = "m") -> None:
    moment = clock.now() - age
    ProcessedMessage.objects.bulk_create(
        ProcessedMessage(
            subscriber="billing",
            message_id=f"{name}{number}",
            processed_at=moment + timedelta(microseconds=number // 3),
        )
        for number in range(count)
    )


def letter(state: DeadLetterState, *, created: timedelta, ended: timedelta | None, name: str = "m0") -> DeadLetter:
    moment = clock.now()
    return DeadLetter.objects.create(
        subscriber="billing",
        message_id=name,
        body=b"{}",
        reason="broken",
        state=state,
        created_at=moment - created,
        ended_at=None if ended is None else moment - ended,
    )


def sweep_all() -> list[int]:
    """Sweep everything to its end; the rows of each batch."""
    return [rows for expiring in installed().expiring for rows in retention.batches(expiring)]


def test_expired_rows_go_to_the_last_one_in_batches_of_the_setting(settings: Settings) -> None:
    settings.POSTROAD = {"RETENTION_BATCH_ROWS": 10}
    processed(35, age=FORTNIGHT + timedelta(minutes=1))
    processed(5, age=FORTNIGHT - timedelta(minutes=1), name="young")

    batches = list(retention.batches(installed().expiring[0]))

    assert batches == [10, 10, 10, 5]
    assert set(ProcessedMessage.objects.values_list("message_id", flat=True)) == {f"young{n}" for n in range(5)}


def test_rows_that_the_database_dated_alike_go_in_batches_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.POSTROAD = {"RETENTION_BATCH_ROWS": 10}
    inbox.admit("billing", [Envelope(id=f"m{number}", type="billing.X", body=b"{}") for number in range(25)])
    later = clock.now() + QUARTER
    monkeypatch.setattr(clock, "now", lambda: later)

    assert list(retention.batches(installed().expiring[0])) == [10, 10, 5]


@pytest.mark.parametrize("state", DeadLetterState)
def test_a_handled_message_is_remembered_as_long_as_its_dead_letter(state: DeadLetterState) -> None:
    processed(2, age=QUARTER * 2)
    letter(state, created=QUARTER * 2, ended=None if state is DeadLetterState.PARKED else timedelta(days=1))

    sweep_all()

    assert list(ProcessedMessage.objects.values_list("message_id", flat=True)) == ["m0"]
    assert DeadLetter.objects.count() == 1


def test_a_parked_message_that_comes_again_after_retention_changes_nothing() -> None:
    envelope = Envelope(id="m0", type="billing.X", body=b"{}")
    dead_letters.park("billing", envelope, reason="broken")
    ProcessedMessage.objects.update(processed_at=clock.now() - QUARTER)
    sweep_all()

    dead_letters.park("billing", envelope, reason="broken again")

    assert DeadLetter.objects.get().reason == "broken"


def test_dead_letters_go_some_time_after_they_ended_and_parked_ones_never() -> None:
    old, young = QUARTER + timedelta(minutes=1), QUARTER - timedelta(minutes=1)
    letter(DeadLetterState.PARKED, created=old, ended=None, name="parked")
    letter(DeadLetterState.REDRIVEN, created=old, ended=young, name="redriven lately")
    letter(DeadLetterState.REDRIVEN, created=old, ended=old, name="redriven")
    letter(DeadLetterState.DISCARDED, created=old, ended=old, name="discarded")

    sweep_all()

    assert set(DeadLetter.objects.values_list("message_id", flat=True)) == {"parked", "redriven lately"}


def test_a_batch_begins_where_the_last_one_ended(settings: Settings) -> None:
    settings.POSTROAD = {"RETENTION_BATCH_ROWS": 10}
    processed(25, age=QUARTER)
    begins = []

    def spy(begin: Any, maximum: int) -> retention.Batch:
        begins.append(begin)
        return installed().expiring[0](begin, maximum)

    list(retention.batches(spy))

    assert begins == sorted(begins, key=str)
    assert len(set(begins)) == 3


@pytest.mark.postgres
@pytest.mark.parametrize("letters", [0, 3000])
def test_the_oldest_rows_are_found_without_sorting_the_table(letters: int) -> None:
    processed(20_000, age=QUARTER)
    DeadLetter.objects.bulk_create(
        DeadLetter(subscriber="billing", message_id=f"m{number}", body=b"", reason="") for number in range(letters)
    )
    plans: list[str] = []

    def explain(execute: Callable[..., Any], text: str, parameters: Any, many: Any, context: Any) -> Any:
        if "DELETE" in text:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {text}", parameters)
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
        return execute(text, parameters, many, context)

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE postroad_processed_message, postroad_dead_letter")
    with connection.execute_wrapper(_outermost(explain)):
        installed().expiring[0](retention._BEGINNING, 1000)

    assert "using postroad_processed_at" in plans[0]
    assert "Sort" not in plans[0]
    assert "Tid Scan" in plans[0]


def _outermost(wrapper: Callable[..., Any]) -> Callable[..., Any]:
    """Keep a wrapper from being called by its own statements."""
    is_inside = threading.Event()

    def wrapped(*arguments: Any) -> Any:
        if is_inside.is_set():
            execute, *rest = arguments
            return execute(*rest)
        is_inside.set()
        try:
            return wrapper(*arguments)
        finally:
            is_inside.clear()

    return wrapped


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_relays_do_not_wait_for_each_other() -> None:
    processed(20, age=QUARTER)
    others: list[int] = []

    def sweep_elsewhere() -> None:
        try:
            others.extend(retention.batches(installed().expiring[0]))
        finally:
            connection.close()

    def expire_and_meet(begin: Any, maximum: int) -> retention.Batch:
        batch = installed().expiring[0](begin, maximum)
        thread = threading.Thread(target=sweep_elsewhere)
        thread.start()
        thread.join(30)
        return batch

    first = retention.batches(expire_and_meet)

    assert list(first) == [20]
    assert others == [0]


def test_the_guide_says_of_every_table_of_the_library_when_its_rows_go() -> None:
    guide = (ROOT / "docs" / "how-to" / "look-after-an-installation.md").read_text()
    ours = [app for app in apps.get_app_configs() if app.name.startswith("postroad.")]

    tables = {model._meta.db_table for app in ours for model in app.get_models()}
    settings = {key for key in KEYS if key.endswith("_RETENTION_HOURS")}

    assert {name for name in tables | settings if f"`{name}`" not in guide} == set()


@pytest.fixture
def relaying(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A relay that runs in a thread, with a sweeper that does not wait a minute."""
    monkeypatch.setattr(sweeper, "PAUSE_SECONDS", 0.02)
    stop = threading.Event()
    relay = Relay(ObedientPublisher(), BellWakeup(), is_durable=True, expiring=installed().expiring)

    def run() -> None:
        try:
            relay.run(stop)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    stop.set()
    thread.join(30)
    assert not thread.is_alive()
    assert "postroad-sweeper" not in {each.name for each in threading.enumerate()}


@pytest.mark.postgres  # threads share no SQLite in memory
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("relaying")
def test_a_running_relay_deletes_while_there_is_something_to_delete() -> None:
    processed(5_000, age=QUARTER)

    until(lambda: not ProcessedMessage.objects.exists(), seconds=60, what="all expired rows are gone")

    assert ProcessedMessage.objects.count() == 0


@pytest.fixture
def broken() -> Iterator[None]:
    """A table of an application whose sweep fails, before all others."""

    def fail(begin: Any, maximum: int) -> retention.Batch:
        raise PermanentError("no such table")

    with installing(replace(installed(), expiring=(fail, *installed().expiring))):
        yield


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("broken", "relaying")
def test_a_table_that_cannot_be_swept_holds_up_no_other() -> None:
    processed(10, age=QUARTER)

    until(lambda: not ProcessedMessage.objects.exists(), seconds=60, what="all expired rows are gone")

    assert ProcessedMessage.objects.count() == 0


def test_a_batch_is_followed_by_a_rest_of_the_setting_and_never_a_shorter_one_than_the_work(settings: Settings) -> None:
    settings.POSTROAD = {"RETENTION_ROWS_PER_SECOND": 10_000}

    assert sweeper._rest_seconds(1000, 0.01) == pytest.approx(0.09)
    assert sweeper._rest_seconds(1000, 0.08) == pytest.approx(0.08)
