"""Sagas that were stored when a table named its local steps by strings, and when cancelling began with such a step."""

from decimal import Decimal

import pytest
from django.test import Client

from apps.orders.models import Order
from apps.orders.participants import CancelOrderData
from postroad import clock, find_saga_history
from postroad.composition import installed
from postroad.ids import new_id
from postroad.messaging import headers as names
from postroad.messaging.message import Envelope
from postroad.sagas import repository
from postroad.sagas.execution import Status
from postroad.sagas.models import SagaInstance, SagaStep

pytestmark = pytest.mark.django_db


@pytest.fixture
def stored(order: Order) -> SagaInstance:
    """A cancellation that waits for the kitchen, as the former release has stored it."""
    order.begin_cancel()
    moment = clock.now()
    data = CancelOrderData(order_id=order.pk, consumer_id=5, restaurant_id=7, order_total=order.order_total)
    saga = SagaInstance(
        id=new_id(), type="orders.CancelOrder", version=1, key=str(order.pk), step="ticket", status=Status.RUNNING,
        request_id=new_id(), created_at=moment, updated_at=moment,
    )  # fmt: skip
    repository.write_data(saga, data)
    begun = SagaStep(
        saga=saga, step="order", direction="do", action="begin_cancel_order", started_at=moment, ended_at=moment,
        outcome=names.SUCCESS, reply="postroad.Done",
    )  # fmt: skip
    asked = SagaStep(
        saga=saga, step="ticket", direction="do", action="kitchen.BeginCancelTicket", channel="kitchen",
        started_at=moment, request_id=saga.request_id,
    )  # fmt: skip
    repository.insert(saga, [begun, asked])
    return saga


@pytest.fixture
def order(client: Client) -> Order:
    return Order.objects.create(
        consumer_id=5, restaurant_id=7, state="APPROVED", order_total=Decimal("24.68"), delivery_time=clock.now(),
        delivery_address={}, created_at=clock.now(),
    )  # fmt: skip


def test_it_is_compensated_by_the_step_of_the_same_name(stored: SagaInstance, order: Order) -> None:
    refusal = Envelope(
        id=new_id(), type="kitchen.TicketRefused", body=b'{"reason":"cooking"}', correlation_id=str(stored.request_id),
        headers={names.SAGA_ID: str(stored.pk), names.SAGA_TYPE: "orders.CancelOrder"},
    )  # fmt: skip
    installed().subscriptions["orders.replies"].handle(refusal)
    stored.refresh_from_db()
    order.refresh_from_db()

    assert (stored.status, order.state) == (Status.COMPENSATED, "APPROVED")


def test_its_history_is_shown(stored: SagaInstance, order: Order) -> None:
    history = find_saga_history(["orders.CancelOrder"], str(order.pk))

    assert history is not None
    assert [(step.name, step.message_type) for step in history.steps] == [
        ("order", "begin_cancel_order"),
        ("ticket", "kitchen.BeginCancelTicket"),
    ]
