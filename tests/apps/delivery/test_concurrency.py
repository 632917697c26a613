"""A courier who becomes available and a ticket that is accepted at the same moment meet, whoever commits first."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection
from psycopg import Connection

from apps.delivery.models import Courier, Delivery
from postroad import Message, unit_of_work
from tests.apps.delivery.events import accepted, arrive, created, make_available
from tests.faults.deployment import until

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
PATIENCE_SECONDS = 10


def during(first: Callable[[], object], second: Callable[[], object]) -> None:
    """Run `first`, and before it commits `second` as far as that gets in another connection."""
    sessions: list[int] = []

    def run_second() -> None:
        try:
            connection.ensure_connection()
            sessions.append(session_of(connection.connection))
            second()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with unit_of_work():
            first()
            running = threads.submit(run_second)
            until(lambda: running.done() or is_blocked(sessions), seconds=PATIENCE_SECONDS, what="the second is stuck")
        running.result(PATIENCE_SECONDS)


def session_of(raw: "Connection[object]") -> int:
    return raw.info.backend_pid


def is_blocked(sessions: list[int]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cardinality(pg_blocking_pids(pid)) > 0 FROM unnest(%s::int[]) AS pid", [sessions])
        return any(blocked for (blocked,) in cursor.fetchall())


ACCEPT = partial(arrive, accepted())


@pytest.mark.parametrize(
    ("first", "second"), [(make_available, ACCEPT), (ACCEPT, make_available)], ids=["courier", "ticket"]
)
def test_no_delivery_waits_beside_an_available_courier(
    first: Callable[[], object], second: Callable[[], object]
) -> None:
    arrive(created())

    during(first, second)

    assert (Delivery.objects.get().state, Courier.objects.get().load) == ("SCHEDULED", 1)


def test_two_tickets_at_once_go_to_two_couriers() -> None:
    arrive(created(10))
    arrive(created(11))
    make_available(1)
    make_available(2)

    during(partial(arrive, accepted(10)), partial(arrive, accepted(11)))

    assert dict(Delivery.objects.values_list("pk", "courier_id")) == {10: 1, 11: 2}


@pytest.mark.parametrize(
    ("first", "second"), [(created(), accepted()), (accepted(), created())], ids=["order", "ticket"]
)
def test_order_and_ticket_that_arrive_at_once_are_both_kept(first: Message, second: Message) -> None:
    make_available()

    during(partial(arrive, first), partial(arrive, second))

    assert Delivery.objects.get().state == "SCHEDULED"
