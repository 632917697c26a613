"""Two subscribers meet one order first at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from apps.kitchen.messages import TicketAccepted
from apps.order_history import usecases
from apps.order_history.models import OrderView
from tests.apps.order_history.events import NOON, deliver, order_created

TOGETHER = 2
PATIENCE_SECONDS = 10


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_order_and_ticket_that_arrive_at_once_are_both_kept() -> None:
    meeting = threading.Barrier(TOGETHER, timeout=PATIENCE_SECONDS)
    accepted = TicketAccepted(ticket_id=99, order_id=99, ready_by=NOON)

    def at_once(handle: Callable[[], str]) -> None:
        try:
            with transaction.atomic():
                meeting.wait()
                handle()
        finally:
            connection.close()

    with ThreadPoolExecutor(TOGETHER) as threads:
        order = threads.submit(at_once, lambda: deliver(usecases.keep_order, order_created()))
        ticket = threads.submit(at_once, lambda: deliver(usecases.keep_acceptance, accepted))
    order.result()
    ticket.result()

    view = OrderView.objects.get()
    assert (view.status, view.ticket_state) == ("APPROVAL_PENDING", "ACCEPTED")
