"""The REST API of order_history, version 2."""

import pytest
from django.test import Client

from apps.kitchen.messages import TicketAccepted
from apps.order_history import usecases
from apps.orders.messages import OrderAuthorized
from tests.apps.order_history.events import NOON, deliver, order_created

pytestmark = pytest.mark.django_db

URL = "/order_history/v2/orders"


@pytest.fixture
def three(db: None) -> None:
    """Orders 1, 2 and 3 of one moment; 2 is another consumer's and approved."""
    deliver(usecases.keep_order, order_created(1))
    deliver(usecases.keep_order, order_created(2, consumer_id=6))
    deliver(usecases.keep_order, order_created(3))
    deliver(usecases.keep_authorization, OrderAuthorized(order_id=2))


def test_an_order_is_shown_as_the_events_told_it(client: Client, three: None) -> None:
    deliver(usecases.keep_acceptance, TicketAccepted(ticket_id=2, order_id=2, ready_by=NOON))

    assert client.get(f"{URL}/2").json() == {
        "orderId": 2,
        "status": "APPROVED",
        "restaurantId": 7,
        "restaurantName": "Ajanta",
        "orderTotal": "25.18",
        "creationTime": "2030-01-02T12:00:00Z",
        "consumerId": 6,
        "rejectionReason": "",
        "ticketState": "ACCEPTED",
        "_links": {"self": {"href": f"{URL}/2", "method": "GET"}},
    }


def test_an_order_known_by_its_ticket_only_is_not_there(client: Client) -> None:
    deliver(usecases.keep_acceptance, TicketAccepted(ticket_id=2, order_id=2, ready_by=NOON))

    assert client.get(f"{URL}/2").status_code == 404


def test_a_filter_stays_in_the_link_to_the_next_page(client: Client, three: None) -> None:
    first = client.get(URL, {"consumerId": "5", "limit": "1"}).json()
    last = client.get(first["_links"]["next"]["href"]).json()

    assert [order["orderId"] for order in first["orders"]] == [3]
    assert [order["orderId"] for order in last["orders"]] == [1]
    assert "next" not in last["_links"]


def test_orders_in_a_status_are_found(client: Client, three: None) -> None:
    found = client.get(URL, {"status": "APPROVED"}).json()["orders"]

    assert [order["orderId"] for order in found] == [2]


def test_a_list_that_the_client_has_is_not_sent_again(client: Client, three: None) -> None:
    tag = client.get(URL)["ETag"]

    assert client.get(URL, headers={"if-none-match": tag}).status_code == 304


@pytest.mark.parametrize("query", ["cursor=garbage", "limit=0", "status=GONE", "consumerId=x", "since=yesterday"])
def test_a_question_that_cannot_be_meant_is_a_problem(client: Client, query: str) -> None:
    answer = client.get(f"{URL}?{query}")

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]
