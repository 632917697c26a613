"""The REST API of orders, version 2."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.consumers.messages import ConsumerCreated
from apps.orders import usecases
from apps.orders.domain import OrderState
from apps.orders.models import Order
from apps.restaurants.messages import RestaurantCreated
from postroad.sagas.models import SagaInstance

pytestmark = pytest.mark.django_db

ORDERS = "/orders/v2/orders"
BODIES = {"cancel": {}, "revise": {"revisedOrderLineItems": [{"menuItemId": "1", "quantity": 3}]}}
PATIENCE_SECONDS = 10


def post(client: Client, address: str, body: object, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(address, json.dumps(body), content_type="application/json", headers=named)


@pytest.fixture
def placed(client: Client, ajanta: RestaurantCreated, body: dict[str, Any]) -> Any:
    """The answer to a placed order."""
    return post(client, ORDERS, body)


@pytest.fixture
def order(placed: Any) -> str:
    """The address of an approved order."""
    Order.objects.update(state=OrderState.APPROVED.value)
    address: str = placed["Location"]
    return address


def test_a_placed_order_is_accepted_and_shown(client: Client, placed: Any) -> None:
    shown = client.get(placed["Location"])

    assert placed.status_code == 202
    assert placed.json() == shown.json()
    assert placed["ETag"] == shown["ETag"]


def test_an_order_is_shown_with_all_details_and_links(client: Client, order: str) -> None:
    number = Order.objects.get().pk
    found = client.get(order).json()
    created_at = found.pop("createdAt")

    assert created_at.endswith("Z")
    assert found == {
        "orderId": number,
        "state": "APPROVED",
        "orderTotal": "25.18",
        "consumerId": 5,
        "restaurantId": 7,
        "restaurantName": "Ajanta",
        "lineItems": [
            {"menuItemId": "1", "name": "Chicken Vindaloo", "price": "12.34", "quantity": 2},
            {"menuItemId": "2", "name": "Naan", "price": "0.50", "quantity": 1},
        ],
        "deliveryAddress": {
            "street1": "9 Amazing View",
            "street2": "",
            "city": "Oakland",
            "state": "CA",
            "zip": "94612",
        },
        "deliveryTime": "2030-01-02T18:30:00Z",
        "_links": {
            "self": {"href": f"/orders/v2/orders/{number}", "method": "GET"},
            "restaurant": {"href": "/orders/v2/restaurants/7", "method": "GET"},
            "journey": {"href": f"/orders/v2/orders/{number}/journey", "method": "GET"},
            "cancel": {"href": f"/orders/v2/orders/{number}/cancel", "method": "POST"},
            "revise": {"href": f"/orders/v2/orders/{number}/revise", "method": "POST"},
        },
    }


def test_every_related_link_leads_somewhere(client: Client, order: str) -> None:
    links = client.get(order).json()["_links"]

    assert client.get(links["restaurant"]["href"]).json()["name"] == "Ajanta"
    assert client.get(links["journey"]["href"]).json()["saga"]["type"] == "orders.CreateOrder"


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("action", BODIES)
def test_exactly_the_actions_that_do_not_conflict_are_offered(
    client: Client, order: str, state: OrderState, action: str
) -> None:
    Order.objects.update(state=state.value)
    is_offered = action in client.get(order).json()["_links"]

    answer = post(client, f"{order}/{action}", BODIES[action], if_match="*")

    assert answer.status_code == (202 if is_offered else 409)


@pytest.mark.parametrize(("action", "state"), [("cancel", "CANCEL_PENDING"), ("revise", "REVISION_PENDING")])
def test_a_change_with_the_present_tag_is_accepted(client: Client, order: str, action: str, state: str) -> None:
    answer = post(client, f"{order}/{action}", BODIES[action], if_match=client.get(order)["ETag"])

    assert (answer.status_code, answer["Location"], answer.json()["state"]) == (202, order, state)
    assert answer["ETag"] == client.get(order)["ETag"]


@pytest.mark.parametrize("action", BODIES)
def test_a_change_without_or_with_an_old_tag_is_refused(client: Client, order: str, action: str) -> None:
    old = client.get(order)["ETag"]
    Order.objects.update(refusal_reason="unknown_ticket")

    unconditional = post(client, f"{order}/{action}", BODIES[action])
    stale = post(client, f"{order}/{action}", BODIES[action], if_match=old)

    assert (unconditional.status_code, unconditional.json()["code"]) == (428, "precondition_required")
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert Order.objects.get().state == "APPROVED"


def test_a_repeated_cancellation_is_answered_before_its_tag_is_looked_at(client: Client, order: str) -> None:
    tag = client.get(order)["ETag"]

    first = post(client, f"{order}/cancel", {}, if_match=tag, idempotency_key="k")
    again = post(client, f"{order}/cancel", {}, if_match=tag, idempotency_key="k")

    assert (first.status_code, again.status_code) == (202, 202)
    assert again["Idempotency-Replayed"] == "true"
    assert SagaInstance.objects.filter(type="orders.CancelOrder").count() == 1


def test_an_order_that_is_not_there_is_404(client: Client) -> None:
    assert client.get(f"{ORDERS}/7").status_code == 404
    assert post(client, f"{ORDERS}/7/cancel", {}, if_match="*").status_code == 404


def test_parts_that_are_asked_for_are_embedded(client: Client, order: str) -> None:
    usecases.keep_consumer(ConsumerCreated(consumer_id=5, first_name="Ada", last_name="Lovelace"))

    embedded = client.get(f"{order}?expand=consumer,restaurant,journey").json()["_embedded"]

    assert embedded["consumer"] == {"consumerId": 5, "firstName": "Ada", "lastName": "Lovelace"}
    assert embedded["restaurant"] == {"restaurantId": 7, "name": "Ajanta"}
    assert embedded["journey"]["saga"]["type"] == "orders.CreateOrder"


def test_a_part_that_is_not_there_yet_is_null(client: Client, order: str) -> None:
    assert client.get(f"{order}?expand=consumer").json()["_embedded"] == {"consumer": None}


def test_a_tag_with_parts_is_another_one_and_good_for_updates(client: Client, order: str) -> None:
    plain, expanded = client.get(order)["ETag"], client.get(f"{order}?expand=restaurant")["ETag"]

    assert plain != expanded
    assert post(client, f"{order}/cancel", {}, if_match=expanded).status_code == 202


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("kitchen", "unknown_part"),
        ("", "unknown_part"),
        ("consumer,,", "unknown_part"),
        (",".join(["consumer"] * 11), "too_many_parts"),
    ],
)
def test_parts_that_cannot_be_shown_are_refused(client: Client, order: str, query: str, code: str) -> None:
    answer = client.get(f"{order}?expand={query}")

    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_an_unknown_part_is_refused_with_the_known_ones(client: Client, order: str) -> None:
    detail = client.get(f"{order}?expand=bill").json()["detail"]

    assert detail == "There is no part 'bill' to expand; known: consumer, restaurant, journey."


def test_orders_are_listed_newest_first_page_by_page(client: Client, placed: Any, body: dict[str, Any]) -> None:
    newer, newest = (post(client, ORDERS, body).json()["orderId"] for _ in range(2))

    first = client.get(f"{ORDERS}?limit=2").json()
    last = client.get(first["_links"]["next"]["href"]).json()

    assert [order["orderId"] for order in first["orders"]] == [newest, newer]
    assert last["orders"] == [
        {
            "orderId": placed.json()["orderId"],
            "state": "APPROVAL_PENDING",
            "orderTotal": "25.18",
            "consumerId": 5,
            "restaurantId": 7,
            "restaurantName": "Ajanta",
            "createdAt": placed.json()["createdAt"],
            "_links": placed.json()["_links"],
        }
    ]
    assert last["_links"].keys() == {"self"}


def test_a_page_is_one_statement(
    client: Client, placed: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        client.get(ORDERS)


@pytest.mark.parametrize("query", ["cursor=garbage", "cursor=", "limit=0", "limit=101", "limit=x", "limit=1&limit=2"])
def test_a_page_that_cannot_be_meant_is_refused(client: Client, query: str) -> None:
    answer = client.get(f"{ORDERS}?{query}")

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_writers_with_one_tag_one_wins(order: str) -> None:
    tag = Client().get(order)["ETag"]
    meeting = threading.Barrier(2, timeout=PATIENCE_SECONDS)

    def write(action: str) -> int:
        try:
            connection.ensure_connection()
            meeting.wait()
            status: int = post(Client(), f"{order}/{action}", BODIES[action], if_match=tag).status_code
            return status
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(write, BODIES)) == [202, 412]
