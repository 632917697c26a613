"""What people are shown of the sagas' histories: timed, bounded, and in few statements."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from postroad import clock
from postroad.messaging.outbox.producer import unit_of_work
from postroad.sagas.history import find_saga_history, history_of, newest_histories
from postroad.sagas.models import SagaInstance, SagaStep
from postroad.sagas.orchestrator import start_saga
from postroad.sagas.waiting import waiting
from postroad.testing.pump import Pump
from tests.support.shop import Sale, Shop, sell

pytestmark = pytest.mark.django_db


@pytest.fixture
def start() -> datetime:
    return clock.now() - timedelta(hours=1)


def saga(number: int, start: datetime, *, attempts: int = 0) -> SagaInstance:
    """Store a saga that started `number` seconds after `start`; each of its attempts took 10 ms, one a second."""
    moment = start + timedelta(seconds=number)
    stored = SagaInstance.objects.create(
        id=UUID(int=number), type="counter.Sell", version=1, key=str(number), status="RUNNING", step="receipt",
        failures=max(0, attempts - 1), reason="no paper", data={}, created_at=moment, updated_at=moment,
    )  # fmt: skip
    SagaStep.objects.bulk_create(
        SagaStep(
            saga=stored, step="receipt", direction="do", action="till.Receipt", channel="till", detail=f"try {attempt}",
            reply="" if is_last else "till.Jammed", outcome="" if is_last else "failure",
            started_at=moment + timedelta(seconds=attempt),
            ended_at=None if is_last else moment + timedelta(seconds=attempt, milliseconds=10),
        )
        for attempt in range(attempts)
        for is_last in [attempt == attempts - 1]
    )  # fmt: skip
    return stored


def test_each_attempt_is_timed_from_the_start_of_the_saga(start: datetime) -> None:
    history = history_of(saga(1, start, attempts=3))

    assert [(step.after, step.milliseconds) for step in history.steps] == [(0, 10), (1000, 10), (2000, None)]
    assert (history.milliseconds, history.elapsed_milliseconds > 3_000_000) == (None, True)


def test_an_attempt_says_who_was_asked_whether_it_undoes_and_whether_it_was_refused(pump: Pump, shop: Shop) -> None:
    shop.refusals["charge"].add(2)
    with unit_of_work():
        start_saga(sell, Sale(order_id=2))
    pump.until_quiet()

    history = find_saga_history(["counter.Sell"], "2")

    assert history is not None
    assert [(step.kind, step.service, step.is_undo, step.is_refused) for step in history.steps] == [
        ("command", "bakery", False, False),
        ("command", "till", False, True),
        ("command", "bakery", True, False),
        ("local", "", True, False),
    ]
    assert history.milliseconds is not None


def test_of_very_many_attempts_the_newest_are_read(start: datetime) -> None:
    tried = saga(1, start, attempts=250)

    history = history_of(tried)

    assert (len(history.steps), history.has_earlier) == (200, True)
    assert [history.steps[0].detail, history.steps[-1].detail] == ["try 50", "try 249"]


def test_exactly_as_many_attempts_as_are_read_leave_out_none(start: datetime) -> None:
    tried = saga(1, start, attempts=3)

    assert history_of(tried, maximum_steps=3).has_earlier is False
    assert [(len(each.steps), each.has_earlier) for each in newest_histories(1, maximum_steps=3)] == [(3, False)]


def test_the_histories_of_the_newest_sagas_are_those_of_each(start: datetime) -> None:
    stored = [saga(number, start, attempts=attempts) for number, attempts in ((1, 2), (2, 7), (3, 0), (4, 4))]

    found = newest_histories(3, maximum_steps=5)

    assert [each.key for each in found] == ["4", "3", "2"]
    assert found == [history_of(each, maximum_steps=5) for each in reversed(stored[1:])]


def test_many_histories_are_two_statements(start: datetime, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(1, 6):
        saga(number, start, attempts=3)

    with django_assert_num_queries(2):
        found = newest_histories(5)

    assert len(found) == 5


def test_one_history_is_two_statements(start: datetime, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    saga(1, start, attempts=3)

    with django_assert_num_queries(2):
        found = find_saga_history(["counter.Sell"], "1")

    assert found is not None


def test_without_sagas_there_is_no_history() -> None:
    assert newest_histories(5) == []


def test_a_saga_that_was_refused_very_often_says_how_often(start: datetime) -> None:
    found = waiting(history_of(saga(1, start, attempts=250)))

    assert found is not None
    assert "till has not answered till.Receipt. It has refused 249 times (no paper)" in found.why


def test_the_command_line_shows_the_newest_attempts(start: datetime, capsys: pytest.CaptureFixture[str]) -> None:
    saga(1, start, attempts=250)

    call_command("sagas", "show", "1")

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 202
    assert "the newest 200 attempts; earlier ones are not shown" in lines[1]
    assert lines[2].endswith("10 ms try 50")
    assert lines[-1].endswith("waits try 249")


def test_the_start_page_shows_the_newest_attempts_of_each_saga(client: Client, start: datetime) -> None:
    saga(1, start, attempts=50)

    (shown,) = client.get("/tour/status.json").json()["journeys"]

    assert [step["detail"] for step in shown["steps"]] == [f"try {number}" for number in range(10, 50)]
    assert (shown["steps"][0]["after"], shown["steps"][-1]["milliseconds"]) == (10_000, None)
