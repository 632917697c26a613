"""The admin's outbox: what waits, and why."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from postroad.commands.sender import send
from postroad.messaging import outbox
from postroad.messaging.models import OutboxMessage
from postroad.messaging.producer import unit_of_work
from tests.support.shop import Bake, Charge, Shop

pytestmark = pytest.mark.django_db

LIST = "/admin/postroad_messaging/outboxmessage/"


@pytest.fixture
def waiting(shop: Shop) -> list[OutboxMessage]:
    with unit_of_work():
        send(Bake(order_id=1))
        send(Bake(order_id=2))
        send(Charge(order_id=2))
    rows = list(OutboxMessage.objects.order_by("id"))
    outbox.fail([rows[0].pk], error="nobody answers at the broker")
    return rows


def keys(client: Client, query: str) -> list[tuple[str, str]]:
    rows = client.get(f"{LIST}?{query}").context["cl"].result_list
    return [(row.type, row.partition_key) for row in rows]


def test_the_list_shows_what_waits_oldest_first_with_the_error(
    admin_client: Client, waiting: list[OutboxMessage]
) -> None:
    page = admin_client.get(LIST).content.decode()

    assert keys(admin_client, "") == [("bakery.Bake", "1"), ("bakery.Bake", "2"), ("till.Charge", "2")]
    assert "nobody answers at the broker" in page


def test_a_message_shows_its_headers_and_body(admin_client: Client, waiting: list[OutboxMessage]) -> None:
    page = admin_client.get(f"{LIST}{waiting[0].pk}/change/").content.decode()

    assert "partition-key: 1" in page
    assert "&quot;orderId&quot;: 1" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=2", [("bakery.Bake", "2"), ("till.Charge", "2")]),
        ("q=till.Charge", [("till.Charge", "2")]),
        ("q=nothing", []),
        ("channel=bakery", [("bakery.Bake", "1"), ("bakery.Bake", "2")]),
        ("failing=yes", [("bakery.Bake", "1")]),
    ],
)
def test_messages_are_found_by_key_type_destination_and_error(
    admin_client: Client, waiting: list[OutboxMessage], query: str, found: list[tuple[str, str]]
) -> None:
    assert keys(admin_client, query) == found


def test_a_message_is_found_by_its_id(admin_client: Client, waiting: list[OutboxMessage]) -> None:
    assert keys(admin_client, f"q={waiting[2].message_id}") == [("till.Charge", "2")]


@pytest.mark.parametrize("rows", [1, 30])
def test_the_list_costs_the_same_for_one_message_and_for_thirty(
    admin_client: Client, shop: Shop, rows: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with unit_of_work():
        sent = [send(Bake(order_id=number)) for number in range(1, rows + 1)]

    with django_assert_max_num_queries(10):
        answer = admin_client.get(LIST)

    assert len(answer.context["cl"].result_list) == len(sent)
