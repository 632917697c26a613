"""The start page and its figures."""

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import OperationalError
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from apps.tour import views
from postroad import send, start_saga, unit_of_work
from postroad.testing import Pump
from tests.support.shop import Bake, Sale, Shop, sell

STATUS = "/tour/status.json"


def sales(pump: Pump, *orders: int) -> None:
    with unit_of_work():
        for order in orders:
            start_saga(sell, Sale(order_id=order))
    pump.until_quiet()


def test_the_page_opens_without_a_database_and_loads_nothing_from_elsewhere(client: Client) -> None:
    answer = client.get("/")
    page = answer.content.decode()

    assert answer.status_code == 200
    assert "//" not in page
    assert "onclick" not in page
    assert "<style" not in page
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")


@pytest.mark.parametrize("name", ["tour.css", "tour.js", "diagram.js", "icon.svg"])
def test_what_the_page_loads_is_there(name: str) -> None:
    assert finders.find(f"tour/{name}") is not None


@pytest.mark.parametrize(
    "service", ["orders", "consumers", "kitchen", "accounting", "restaurants", "delivery", "order_history"]
)
def test_the_page_leads_to_every_services_documents_and_admin(client: Client, service: str) -> None:
    page = client.get("/").content.decode()

    assert f'href="/{service}/docs/"' in page
    assert f'href="/{service}/openapi.json"' in page
    assert f'href="/admin/{service}/"' in page


def test_every_link_of_the_page_leads_somewhere(client: Client, admin_client: Client) -> None:
    context = client.get("/").context
    urls = [url for url, _ in context["links"]]
    urls += [url for service in context["services"] for url, _ in service["links"]]
    urls += [figure["url"] for figure in context["figures"] if figure["url"]]

    answers = {url: admin_client.get(url).status_code for url in urls}

    assert {"/admin/", "/livez", "/readyz"} <= set(urls)
    assert [url for url, code in answers.items() if code != 200] == []


def test_where_all_services_answer_an_order_can_be_placed(client: Client) -> None:
    page = client.get("/").content.decode()

    assert "Place an order</button>" in page
    assert "with a refused card</button>" in page


def test_a_service_alone_shows_itself_and_places_nothing(client: Client, settings: Settings) -> None:
    settings.SERVICES = ("kitchen",)

    page = client.get("/").content.decode()

    assert "The kitchen service" in page
    assert "<h3>orders</h3>" not in page
    assert "<button" not in page


@pytest.mark.django_db
def test_without_data_every_figure_is_zero(client: Client) -> None:
    answer = client.get(STATUS)

    assert set(answer.json()["counters"].values()) == {0}
    assert answer.json()["journeys"] == []
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.django_db
def test_the_script_reads_what_status_answers_by_its_names(client: Client) -> None:
    script = Path(str(finders.find("tour/tour.js"))).read_text()

    assert [name for name in client.get(STATUS).json() if name not in script] == []


@pytest.mark.django_db
def test_the_figures_tell_what_has_happened(client: Client, pump: Pump, shop: Shop) -> None:
    shop.refusals["charge"].add(2)
    shop.failures.add(9)
    sales(pump, 1, 2)
    with unit_of_work():
        send(Bake(order_id=9))
    pump.until_quiet()
    with unit_of_work():
        start_saga(sell, Sale(order_id=3))

    counters = client.get(STATUS).json()["counters"]

    assert counters.pop("handled") > 0
    assert counters == {
        "outbox": 1,
        "parked": 1,
        "running": 1,
        "compensating": 0,
        "completed": 1,
        "compensated": 1,
        "stuck": 0,
    }


@pytest.mark.django_db
def test_a_journey_tells_each_question_answer_and_undoing(client: Client, pump: Pump, shop: Shop) -> None:
    shop.refusals["charge"].add(2)
    sales(pump, 2)

    (journey,) = client.get(STATUS).json()["journeys"]

    steps = [(step["direction"], step["to"], step["message"], step["reply"]) for step in journey["steps"]]
    assert (journey["service"], journey["name"], journey["key"], journey["status"]) == (
        "counter",
        "Sell",
        "2",
        "COMPENSATED",
    )
    assert journey["reason"] == "no charge"
    assert steps == [
        ("do", "bakery", "Bake", "Baked"),
        ("do", "till", "Charge", "Declined"),
        ("undo", "bakery", "Throw", "Done"),
        ("undo", "", "cancel_sale", "Done"),
    ]
    assert all(step["milliseconds"] >= 0 for step in journey["steps"])


@pytest.mark.django_db
def test_a_journey_under_way_has_no_answer_yet(client: Client, pump: Pump) -> None:
    with unit_of_work():
        start_saga(sell, Sale(order_id=1))

    ((step,),) = [journey["steps"] for journey in client.get(STATUS).json()["journeys"]]

    assert (step["milliseconds"], step["reply"]) == (None, "")


@pytest.mark.django_db
def test_the_last_five_journeys_are_told_newest_first(client: Client, pump: Pump) -> None:
    sales(pump, 1, 2, 3, 4, 5, 6, 7)

    journeys = client.get(STATUS).json()["journeys"]

    assert [journey["key"] for journey in journeys] == ["7", "6", "5", "4", "3"]


@pytest.mark.django_db
@pytest.mark.parametrize("orders", [1, 30])
def test_the_figures_cost_the_same_whatever_there_is(
    client: Client, pump: Pump, orders: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    sales(pump, *range(1, orders + 1))

    with django_assert_max_num_queries(10):
        client.get(STATUS)


@pytest.mark.django_db
def test_a_figure_is_bounded(client: Client, pump: Pump, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MAX_COUNTED", 2)
    sales(pump, 1, 2, 3)

    answer = client.get(STATUS).json()

    assert (answer["counters"]["completed"], answer["maximum"]) == (2, 2)


def test_a_database_that_is_away_is_told_as_such(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OperationalError("the server has gone away")

    monkeypatch.setattr(views, "_counters", fail)

    answer = client.get(STATUS)

    assert answer.status_code == 503
    assert answer.json() == {"detail": "The database does not answer: OperationalError."}


@pytest.mark.parametrize("url", ["/", STATUS])
def test_the_page_only_answers_to_get(client: Client, url: str) -> None:
    assert client.post(url).status_code == 405
