"""Why a saga does not move, in words."""

import pytest

from postroad.messaging.outbox.producer import unit_of_work
from postroad.sagas.execution import Status
from postroad.sagas.history import find_saga_history
from postroad.sagas.models import SagaInstance
from postroad.sagas.orchestrator import start_saga
from postroad.sagas.waiting import Waiting, waiting
from postroad.testing.pump import Pump
from tests.support.shop import Sale, Shop, sell

pytestmark = pytest.mark.django_db


def begin(order: int) -> None:
    with unit_of_work():
        start_saga(sell, Sale(order_id=order))


def told(order: int) -> Waiting | None:
    history = find_saga_history([sell.name], str(order))
    assert history is not None
    return waiting(history)


def test_a_saga_that_has_ended_waits_for_nothing(shop: Shop, pump: Pump) -> None:
    begin(1)
    pump.until_quiet()

    assert told(1) is None


def test_a_saga_under_way_says_who_was_asked_what(shop: Shop, pump: Pump) -> None:
    begin(1)

    found = told(1)

    assert found is not None
    assert found.why == "bakery has not answered bakery.Bake."
    assert "worker of bakery" in found.what_to_do


def test_a_step_behind_the_pivot_that_is_refused_says_how_often_and_why(shop: Shop, pump: Pump) -> None:
    shop.refusals["receipt"].add(1)
    begin(1)
    pump.until_quiet()

    found = told(1)

    assert found is not None
    assert found.why == "till has not answered till.Receipt. It has refused once (no receipt) and is asked again."


def test_a_stuck_saga_leads_to_its_page(shop: Shop, pump: Pump) -> None:
    shop.refusals["charge"].add(1)
    shop.refusals["throw"].add(1)
    begin(1)
    pump.until_quiet()
    assert SagaInstance.objects.get().status == Status.STUCK

    found = told(1)

    assert found is not None
    assert found.why == "The saga is stuck: undo of 'bake' was refused: no throw."
    assert f"sagas show {SagaInstance.objects.get().pk}" in found.what_to_do
