"""The admin's sagas: the list, and the story of one as a timeline."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from postroad import clock
from postroad.console.pages.timeline import timeline
from postroad.messaging.outbox.producer import unit_of_work
from postroad.sagas.models import SagaInstance, SagaStep
from postroad.sagas.orchestrator import start_saga
from postroad.testing.pump import Pump
from tests.support.shop import Sale, Shop, sell

pytestmark = pytest.mark.django_db

LIST = "/admin/postroad_sagas/sagainstance/"


def saga(number: int, *, status: str = "COMPLETED", type_: str = "counter.Sell") -> SagaInstance:
    moment = clock.now() - timedelta(hours=2)
    return SagaInstance.objects.create(
        id=UUID(int=number), type=type_, version=1, key=f"key-{number}", status=status, data={"order_id": number},
        created_at=moment, updated_at=moment, ended_at=moment + timedelta(milliseconds=250),
    )  # fmt: skip


def test_the_list_shows_where_each_saga_stands(admin_client: Client, sale: SagaInstance) -> None:
    page = admin_client.get(LIST).content.decode()

    assert "counter.Sell" in page
    assert "COMPENSATED" in page
    assert "no charge" in page


def test_a_saga_shows_its_steps_in_order_with_what_was_undone(admin_client: Client, sale: SagaInstance) -> None:
    page = admin_client.get(f"{LIST}{sale.pk}/change/").content.decode()

    places = [page.index(text) for text in ("bakery.Bake<", "till.Charge<", "bakery.Throw<", "cancel_sale<")]
    assert places == sorted(places)
    assert "✗ till.Declined: no charge" in page
    assert page.count("↶") == 2
    assert "<strong>COMPENSATED</strong>" in page


def test_a_step_that_waits_for_its_answer_is_shown_as_waiting_with_what_is_to_come(
    admin_client: Client, pump: Pump
) -> None:
    with unit_of_work():
        start_saga(sell, Sale(order_id=3))

    story = timeline(SagaInstance.objects.get())
    page = admin_client.get(f"{LIST}{SagaInstance.objects.get().pk}/change/").content.decode()

    assert [(entry.step.name, entry.look) for entry in story.entries] == [("bake", "waiting")]
    assert list(story.coming) == ["charge", "sweep", "receipt", "close"]
    assert "waiting for a reply" in page


def test_a_stuck_saga_says_that_it_waits_for_somebody(admin_client: Client, pump: Pump, shop: Shop) -> None:
    shop.refusals["charge"].add(3)
    shop.refusals["throw"].add(3)
    with unit_of_work():
        start_saga(sell, Sale(order_id=3))
    pump.until_quiet()

    page = admin_client.get(f"{LIST}{SagaInstance.objects.get().pk}/change/").content.decode()

    assert "It waits for an operator" in page
    assert "undo of &#x27;bake&#x27; was refused: no throw" in page


def test_a_saga_whose_definition_is_gone_is_still_shown(admin_client: Client) -> None:
    forgotten = saga(1, type_="counter.Forgotten", status="RUNNING")

    answer = admin_client.get(f"{LIST}{forgotten.pk}/change/")

    assert answer.status_code == 200
    assert timeline(forgotten).coming == ()


def test_of_very_many_attempts_the_newest_are_shown(admin_client: Client) -> None:
    tried = saga(1)
    SagaStep.objects.bulk_create(
        SagaStep(saga=tried, step="bake", direction="do", action=f"try-{number}") for number in range(250)
    )

    page = admin_client.get(f"{LIST}{tried.pk}/change/").content.decode()

    assert len(timeline(tried).entries) == 200
    assert ("try-249<" in page, "try-50<" in page, "try-49<" in page) == (True, True, False)
    assert "Earlier attempts are not shown." in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=key-2", {2}),
        (f"q={UUID(int=1)}", {1}),
        ("q=nothing", set()),
        ("status__exact=STUCK", {3}),
        ("type=counter.Buy", {2}),
        ("type=counter.Sell&status__exact=COMPLETED", {1}),
    ],
)
def test_sagas_are_found_by_key_id_status_and_type(admin_client: Client, query: str, found: set[int]) -> None:
    saga(1)
    saga(2, type_="counter.Buy")
    saga(3, status="STUCK")

    shown = admin_client.get(f"{LIST}?{query}").context["cl"].result_list

    assert {each.pk.int for each in shown} == found


@pytest.mark.parametrize("rows", [1, 30])
def test_the_list_costs_the_same_for_one_saga_and_for_thirty(
    admin_client: Client, rows: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    sagas = [saga(number) for number in range(rows)]

    with django_assert_max_num_queries(10):
        answer = admin_client.get(LIST)

    assert len(answer.context["cl"].result_list) == len(sagas)
