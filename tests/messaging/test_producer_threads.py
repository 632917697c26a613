"""Messages live and die with the rows of their own connection, whichever thread and context the code runs in."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroad.commands.sender import send
from postroad.errors import OutsideTransaction, TransactionAborted
from postroad.messaging.inbox import pipeline
from postroad.messaging.inbox.consumer import Job, Mode, Outcome
from postroad.messaging.inbox.pipeline import Subscription
from postroad.messaging.models import OutboxMessage
from postroad.messaging.outbox.producer import unit_of_work
from postroad.processes import jobs
from postroad.processes.jobs import run_job
from postroad.testing.pump import Pump
from tests.support.letters import command
from tests.support.shop import Bake, Shop

Run = Callable[[Callable[[], Any]], Any]


@pytest.fixture
def two_connections(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a thread write while our transaction is open: SQLite has one writer, so ours begins by reading."""
    if connection.vendor == "sqlite":
        monkeypatch.setattr(connections["default"], "transaction_mode", "DEFERRED")


begin_savepoint = getattr(transaction, "savepoint_create", None) or transaction.savepoint  # its name until Django 6.1


def change(order: int) -> None:
    """Store a row and send a message about it."""
    Group.objects.create(name=str(order))
    send(Bake(order_id=order))


def rows() -> list[str]:
    return list(Group.objects.order_by("id").values_list("name", flat=True))


def messages() -> list[str]:
    return list(OutboxMessage.objects.order_by("id").values_list("partition_key", flat=True))


def by_to_thread(function: Callable[[], Any]) -> Any:
    async def main() -> Any:
        return await asyncio.to_thread(function)

    return asyncio.run(main())


def by_sync_to_async(function: Callable[[], Any]) -> Any:
    async def main() -> Any:
        return await sync_to_async(function, thread_sensitive=False)()

    return async_to_sync(main)()


def by_copied_context(function: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor() as pool:
        return pool.submit(contextvars.copy_context().run, function).result()


def by_plain_thread(function: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor() as pool:
        return pool.submit(function).result()


OTHER_THREADS = [by_to_thread, by_sync_to_async, by_copied_context, by_plain_thread]


def closing(function: Callable[[], Any]) -> Callable[[], Any]:
    """Close the thread's own connection afterwards."""

    def run() -> Any:
        try:
            return function()
        finally:
            connections.close_all()
            for each in connections.all(initialized_only=True):
                if each.connection is not None:  # Django leaves one to a database in memory open
                    each.connection.close()

    return run


def in_unit_of_work(order: int) -> None:
    with unit_of_work():
        change(order)


def in_nested_units_of_work(order: int) -> None:
    with unit_of_work(), unit_of_work():
        change(order)


def in_atomic(order: int) -> None:
    with transaction.atomic():
        change(order)


def in_durable_atomic(order: int) -> None:
    with transaction.atomic(durable=True):
        change(order)


@pytest.mark.usefixtures("two_connections")
@pytest.mark.parametrize("run", OTHER_THREADS)
@pytest.mark.parametrize("work", [in_unit_of_work, in_nested_units_of_work, in_atomic, in_durable_atomic])
def test_another_threads_transaction_keeps_its_row_and_its_message(run: Run, work: Callable[[int], None]) -> None:
    with unit_of_work():
        run(closing(lambda: work(1)))
        send(Bake(order_id=2))

    assert (rows(), messages()) == (["1"], ["1", "2"])


@pytest.mark.usefixtures("two_connections")
@pytest.mark.parametrize("run", OTHER_THREADS)
def test_another_threads_transaction_outlives_a_rollback_of_the_outer_one(run: Run) -> None:
    def outer() -> None:
        with unit_of_work():
            run(closing(lambda: in_unit_of_work(1)))
            send(Bake(order_id=2))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        outer()

    assert (rows(), messages()) == (["1"], ["1"])


@pytest.mark.usefixtures("two_connections")
@pytest.mark.parametrize("run", OTHER_THREADS)
def test_another_threads_rollback_takes_its_message_and_leaves_ours(run: Run) -> None:
    def fail() -> None:
        with unit_of_work():
            change(1)
            raise ZeroDivisionError

    with unit_of_work():
        with pytest.raises(ZeroDivisionError):
            run(closing(fail))
        change(2)

    assert (rows(), messages()) == (["2"], ["2"])


@pytest.mark.usefixtures("two_connections")
@pytest.mark.parametrize("run", OTHER_THREADS)
def test_another_thread_without_a_transaction_of_its_own_is_refused(run: Run) -> None:
    with unit_of_work(), pytest.raises(OutsideTransaction, match="of another thread"):
        run(closing(lambda: send(Bake(order_id=1))))

    assert messages() == []


@pytest.mark.django_db(transaction=True)
def test_code_that_comes_back_to_the_same_thread_sends_with_its_transaction() -> None:
    async def main() -> None:
        await sync_to_async(change, thread_sensitive=True)(1)

    with unit_of_work():
        async_to_sync(main)()
        contextvars.Context().run(change, 2)
        change(3)
        assert messages() == []

    assert (rows(), messages()) == (["1", "2", "3"], ["1", "2", "3"])


@pytest.mark.django_db(transaction=True)
def test_code_that_comes_back_to_the_same_thread_is_rolled_back_with_it() -> None:
    async def main() -> None:
        await sync_to_async(in_unit_of_work, thread_sensitive=True)(1)

    def outer() -> None:
        with unit_of_work():
            async_to_sync(main)()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        outer()

    assert (rows(), messages()) == ([], [])


@pytest.mark.usefixtures("two_connections")
def test_a_handlers_thread_keeps_its_row_and_its_message(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "process", process_after(lambda: by_to_thread(closing(lambda: in_unit_of_work(7)))))
    result = run_job(Job(subscriber="bakery", envelopes=(sweep(1),), mode=Mode.BATCH))

    assert result.outcome is Outcome.DONE
    assert (rows(), messages()) == (["7"], ["7"])


def process_after(first: Callable[[], Any]) -> Any:
    """Run code inside the unit of work of a batch, before it has written anything."""

    def process(subscription: Subscription, envelopes: Any) -> int:
        with unit_of_work():
            first()
            return pipeline.process(subscription, envelopes)

    return process


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("work", [in_unit_of_work, in_atomic, in_nested_units_of_work])
def test_a_commit_hook_keeps_its_row_and_its_message(work: Callable[[int], None]) -> None:
    with unit_of_work():
        change(1)
        transaction.on_commit(lambda: work(2))

    assert (rows(), messages()) == (["1", "2"], ["1", "2"])


@pytest.mark.django_db(transaction=True)
def test_a_durable_transaction_inside_a_unit_of_work_is_refused() -> None:
    with pytest.raises(RuntimeError, match="durable"), unit_of_work():
        in_durable_atomic(1)

    assert (rows(), messages()) == ([], [])


@pytest.mark.django_db(transaction=True)
def test_a_transaction_marked_for_rollback_takes_its_messages_with_it() -> None:
    with unit_of_work():
        change(1)
        transaction.set_rollback(True)

    assert (rows(), messages()) == ([], [])


@pytest.mark.django_db(transaction=True)
def test_a_savepoint_by_hand_takes_its_messages_with_it() -> None:
    with unit_of_work():
        change(1)
        savepoint = begin_savepoint()
        change(2)
        transaction.savepoint_rollback(savepoint)
        change(3)

    assert (rows(), messages()) == (["1", "3"], ["1", "3"])


ACTIONS = st.lists(
    st.sampled_from(["change", "begin", "undo", "release", "atomic", "fail", "unit", "fail unit"]), max_size=14
)


def play(actions: list[str]) -> None:
    """Change, and begin, undo and release savepoints by hand and by blocks, in any order."""
    open_savepoints: list[str] = []
    for number, action in enumerate(actions, start=1):
        match action:
            case "change":
                change(number)
            case "begin":
                open_savepoints.append(begin_savepoint())
            case "undo" if open_savepoints:
                transaction.savepoint_rollback(open_savepoints[-1])
            case "release" if open_savepoints:
                transaction.savepoint_commit(open_savepoints.pop())
            case "atomic" | "fail" | "unit" | "fail unit":
                block(action, number)
            case _:
                pass


def block(action: str, number: int) -> None:
    with suppress(ZeroDivisionError), unit_of_work() if "unit" in action else transaction.atomic():
        change(number)
        if "fail" in action:
            raise ZeroDivisionError


@pytest.mark.django_db
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(actions=ACTIONS)
def test_whatever_is_rolled_back_messages_and_rows_stay_the_same(actions: list[str]) -> None:
    Group.objects.all().delete()
    OutboxMessage.objects.all().delete()
    with unit_of_work():
        play(actions)

    assert rows() == messages()


@pytest.mark.django_db(transaction=True)
def test_the_way_of_a_message_costs_no_statement_of_its_own(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3), unit_of_work():  # BEGIN, one insert, COMMIT
        for number in range(1, 21):
            send(Bake(order_id=number))


def hide_a_database_error() -> None:
    with suppress(DatabaseError), connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")


def hide_a_failed_block() -> None:
    with suppress(ZeroDivisionError), transaction.atomic(savepoint=False):
        raise ZeroDivisionError


@pytest.mark.django_db
def test_a_handler_that_marks_the_transaction_for_rollback_has_failed(
    pump: Pump, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop, "_act", lambda *_: hide_a_failed_block())
    result = run_job(Job(subscriber="bakery", envelopes=(sweep(1), sweep(2)), mode=Mode.BATCH))

    assert result.outcome is Outcome.FAILED
    assert "TransactionAborted: the transaction was marked to be rolled back" in result.error


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_handler_that_hides_a_database_error_has_failed(
    pump: Pump, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shop, "_act", lambda *_: hide_a_database_error())
    result = run_job(Job(subscriber="bakery", envelopes=(sweep(1),), mode=Mode.BATCH))

    assert result.outcome is Outcome.FAILED
    assert "TransactionAborted: a database error was caught inside the transaction" in result.error


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_unit_of_work_that_hides_a_database_error_is_refused() -> None:
    def work() -> None:
        with unit_of_work():
            change(1)
            hide_a_database_error()

    with pytest.raises(TransactionAborted, match="catch the error around that"):
        work()

    assert (rows(), messages()) == ([], [])


def sweep(order: int) -> Any:
    body = b'{"orderId":%d}' % order
    envelope = command(order, message_id=f"s{order}")
    return type(envelope)(id=envelope.id, type="bakery.Sweep", body=body, headers=envelope.headers)
