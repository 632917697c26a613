"""The REST API of order_history, version 1."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.kitchen.messages import TicketAccepted
from apps.order_history import usecases
from apps.order_history.models import OrderView
from apps.orders.messages import OrderAuthorized, OrderRejected
from tests.apps.order_history.events import NAAN, NOON, VINDALOO, deliver, order_created

pytestmark = pytest.mark.django_db

URL = "/order_history/v1/orders"
HOUR = timedelta(hours=1)


def ids(client: Client, query: dict[str, Any] | None = None) -> list[int]:
    answer = client.get(URL, query or {})
    assert answer.status_code == 200, answer.content
    return [order["orderId"] for order in answer.json()["orders"]]


@pytest.fixture
def three(db: None) -> None:
    """Orders 1, 2 and 3, an hour apart; 2 is another consumer's, at another restaurant, and approved."""
    deliver(usecases.keep_order, order_created(1, created_at=NOON, line_items=(VINDALOO,)))
    deliver(
        usecases.keep_order,
        order_created(2, created_at=NOON + HOUR, consumer_id=6, restaurant_name="100% Pizza", line_items=(NAAN,)),
    )
    deliver(usecases.keep_order, order_created(3, created_at=NOON + 2 * HOUR, line_items=(NAAN,)))
    deliver(usecases.keep_authorization, OrderAuthorized(order_id=2))


@pytest.fixture
def many(db: None) -> None:
    """Orders 1 to 45, created at one and the same moment."""
    OrderView.objects.bulk_create(
        OrderView(
            order_id=number,
            consumer_id=5,
            status="APPROVED",
            restaurant_id=7,
            restaurant_name="Ajanta",
            order_total="25.18",
            creation_time=NOON,
        )
        for number in range(1, 46)
    )


def test_an_empty_history_is_an_empty_list(client: Client) -> None:
    answer = client.get(URL)

    assert answer.status_code == 200
    assert answer.json() == {"orders": [], "startKey": None}


def test_an_order_is_shown_with_its_details(client: Client, order: int) -> None:
    assert client.get(URL).json()["orders"] == [
        {
            "orderId": 99,
            "status": "APPROVAL_PENDING",
            "restaurantId": 7,
            "restaurantName": "Ajanta",
            "orderTotal": "25.18",
            "creationTime": "2030-01-02T12:00:00Z",
        }
    ]


def test_a_rejected_order_stays_in_the_history(client: Client, order: int) -> None:
    deliver(usecases.keep_rejection, OrderRejected(order_id=99, reason="unknown_consumer"))

    assert client.get(URL).json()["orders"][0]["status"] == "REJECTED"


def test_an_order_of_which_only_the_ticket_is_known_is_not_listed(client: Client) -> None:
    deliver(usecases.keep_acceptance, TicketAccepted(ticket_id=99, order_id=99, ready_by=NOON))

    assert OrderView.objects.count() == 1
    assert ids(client) == []


def test_the_newest_order_comes_first(client: Client, three: None) -> None:
    assert ids(client) == [3, 2, 1]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"consumerId": 5}, [3, 1]),
        ({"consumerId": 404}, []),
        ({"status": "APPROVED"}, [2]),
        ({"status": "CANCEL_PENDING"}, []),
        ({"since": "2030-01-02T13:00:00Z"}, [3, 2]),
        ({"since": "2030-01-02T13:00:00.000001Z"}, [3]),
        ({"since": "2030-01-02T14:00:00+01:00"}, [3, 2]),
        ({"since": "2030-01-02T13:00:00"}, [3, 2]),
        ({"keywords": "NAAN"}, [3, 2]),
        ({"keywords": "ajanta"}, [3, 1]),
        ({"keywords": "naan  Ajanta"}, [3]),
        ({"keywords": "chicken curry"}, []),
        ({"keywords": "100%"}, [2]),
        ({"keywords": "%"}, [2]),
        ({"keywords": "_"}, []),
        ({"keywords": ""}, [3, 2, 1]),
        ({"keywords": "   "}, [3, 2, 1]),
        ({"consumerId": 5, "status": "APPROVAL_PENDING", "since": "2030-01-02T13:00:00Z", "keywords": "naan"}, [3]),
        ({"unknown": "parameter"}, [3, 2, 1]),
    ],
)
def test_orders_are_found_by_what_is_asked_for(
    client: Client, three: None, query: dict[str, Any], found: list[int]
) -> None:
    assert ids(client, query) == found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"consumerId": ""}, "consumerId"),
        ({"consumerId": "0"}, "consumerId"),
        ({"consumerId": "-1"}, "consumerId"),
        ({"consumerId": "1.0"}, "consumerId"),
        ({"consumerId": "five"}, "consumerId"),
        ({"consumerId": "\u0665"}, "consumerId"),
        ({"consumerId": str(2**63)}, "consumerId"),
        ({"consumerId": "9" * 5000}, "consumerId"),
        ({"consumerId": "5\x00"}, "consumerId"),
        ({"consumerId": ["5", "6"]}, "consumerId"),
        ({"status": ""}, "status"),
        ({"status": "approved"}, "status"),
        ({"status": "APPROVED\x00"}, "status"),
        ({"status": ["APPROVED", "REJECTED"]}, "status"),
        ({"since": ""}, "since"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2030-13-01T00:00:00Z"}, "since"),
        ({"since": "0001-01-01T00:00:00+14:00"}, "since"),
        ({"since": "2030-01-02T13:00:00Z\x00"}, "since"),
        ({"keywords": "na\x00an"}, "keywords"),
        ({"keywords": "x" * 201}, "keywords"),
        ({"keywords": ["a", "b"]}, "keywords"),
        ({"startKey": ""}, "startKey"),
        ({"startKey": "garbage"}, "startKey"),
        ({"startKey": "\x00" * 30}, "startKey"),
        ({"startKey": "f" * 30}, "startKey"),
        ({"startKey": "0" * 30 + "\n"}, "startKey"),
    ],
)
def test_a_query_that_does_not_fit_is_refused_by_its_parameter(
    client: Client, query: dict[str, Any], field: str
) -> None:
    answer = client.get(URL, query)

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert list(answer.json()["fields"]) == [field]


@pytest.mark.parametrize("key", ["0" * 30, "f" * 14 + "7" + "f" * 15])
def test_every_start_key_of_the_right_form_is_taken(client: Client, order: int, key: str) -> None:
    assert client.get(URL, {"startKey": key}).status_code == 200


def test_pages_show_every_order_once_even_of_one_moment(client: Client, many: None) -> None:
    first = client.get(URL).json()
    second = client.get(URL, {"startKey": first["startKey"]}).json()
    third = client.get(URL, {"startKey": second["startKey"]}).json()

    assert [order["orderId"] for order in first["orders"]] == list(range(45, 25, -1))
    assert [order["orderId"] for order in second["orders"]] == list(range(25, 5, -1))
    assert [order["orderId"] for order in third["orders"]] == list(range(5, 0, -1))
    assert third["startKey"] is None


def test_a_last_page_that_is_full_has_no_start_key(client: Client, many: None) -> None:
    OrderView.objects.filter(order_id__gt=20).delete()

    answer = client.get(URL).json()

    assert (len(answer["orders"]), answer["startKey"]) == (20, None)


def test_an_order_that_is_added_meanwhile_does_not_shift_the_next_page(client: Client, many: None) -> None:
    start_key = client.get(URL).json()["startKey"]

    deliver(usecases.keep_order, order_created(99, created_at=NOON + HOUR))

    assert ids(client, {"startKey": start_key})[0] == 25


def test_a_start_key_is_exact_to_the_microsecond(client: Client, many: None) -> None:
    OrderView.objects.filter(order_id__gt=25).update(creation_time=NOON + timedelta(microseconds=1))

    start_key = client.get(URL).json()["startKey"]

    assert ids(client, {"startKey": start_key})[0] == 25


def test_a_page_is_one_statement(client: Client, many: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        ids(client, {"consumerId": 5, "status": "APPROVED"})
