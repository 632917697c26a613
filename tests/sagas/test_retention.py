"""Ended sagas are deleted with their steps, some time after they ended; those that have not ended stay."""

from datetime import timedelta

import pytest
from pytest_django import Settings

from postroad import clock
from postroad.composition import installed
from postroad.messaging import retention
from postroad.messaging.outbox.producer import unit_of_work
from postroad.sagas.execution import Status
from postroad.sagas.models import SagaInstance, SagaStep
from postroad.sagas.orchestrator import start_saga
from postroad.testing.pump import Pump
from tests.support.shop import Sale, Shop, sell

pytestmark = pytest.mark.django_db

QUARTER = timedelta(days=90)


def begin(*orders: int) -> None:
    with unit_of_work():
        for order in orders:
            start_saga(sell, Sale(order_id=order))


def make_old(age: timedelta = QUARTER * 4) -> None:
    moment = clock.now() - age
    SagaInstance.objects.update(created_at=moment)
    SagaInstance.objects.exclude(ended_at=None).update(ended_at=moment)


def sweep_all() -> None:
    for expiring in installed().expiring:
        list(retention.batches(expiring))


def left() -> dict[str, int]:
    return {"sagas": SagaInstance.objects.count(), "steps": SagaStep.objects.count()}


def test_completed_and_compensated_sagas_go_with_their_steps_in_several_batches(
    pump: Pump, shop: Shop, settings: Settings
) -> None:
    settings.POSTROAD = {"RETENTION_BATCH_ROWS": 20}
    shop.refusals["charge"] = {2, 5}
    begin(1, 2, 3, 4, 5, 6, 7)
    pump.until_quiet()
    make_old()

    sweep_all()

    assert left() == {"sagas": 0, "steps": 0}


@pytest.mark.parametrize("status", [Status.RUNNING, Status.COMPENSATING, Status.STUCK])
def test_a_saga_that_has_not_ended_stays_whatever_its_age(pump: Pump, shop: Shop, status: Status) -> None:
    begin(1)
    pump.until_quiet()
    SagaInstance.objects.update(status=status.value, ended_at=None)
    make_old()

    sweep_all()

    assert left()["sagas"] == 1


def test_a_saga_ages_from_its_end_and_not_from_its_beginning(pump: Pump, shop: Shop) -> None:
    begin(1)
    pump.until_quiet()
    before = left()
    make_old()
    SagaInstance.objects.update(ended_at=clock.now() - QUARTER + timedelta(minutes=1))

    sweep_all()

    assert left() == before


def test_how_long_is_a_setting(pump: Pump, shop: Shop, settings: Settings) -> None:
    settings.POSTROAD = {"SAGA_RETENTION_HOURS": 2}
    begin(1)
    pump.until_quiet()
    make_old(timedelta(hours=3))

    sweep_all()

    assert left() == {"sagas": 0, "steps": 0}
