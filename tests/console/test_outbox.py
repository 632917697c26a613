"""The admin's outbox: what waits, and why."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from postroad.commands.sender import send
from postroad.messaging.models import OutboxMessage, OutboxState
from postroad.messaging.outbox import table as outbox
from postroad.messaging.outbox.producer import unit_of_work
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
        ("state=0", [("bakery.Bake", "1"), ("bakery.Bake", "2"), ("till.Charge", "2")]),
        ("state=2", []),
        ("state=odd", [("bakery.Bake", "1"), ("bakery.Bake", "2"), ("till.Charge", "2")]),
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


@pytest.fixture
def set_aside(waiting: list[OutboxMessage]) -> OutboxMessage:
    """The first message, set aside, and the second one behind it."""
    OutboxMessage.objects.filter(pk=waiting[0].pk).update(state=OutboxState.SET_ASIDE)
    OutboxMessage.objects.filter(pk=waiting[1].pk).update(
        state=OutboxState.BEHIND, partition_key="1", lane=waiting[0].lane
    )
    return waiting[0]


def states() -> list[str]:
    return [OutboxState(state).name for state in OutboxMessage.objects.order_by("id").values_list("state", flat=True)]


def test_a_message_set_aside_is_sent_again_after_a_page_that_asks(
    admin_client: Client, set_aside: OutboxMessage
) -> None:
    asked = admin_client.post(LIST, {"action": "retry_chosen", "_selected_action": [set_aside.pk]})
    page = admin_client.get(asked.url).content.decode()
    before = states()

    admin_client.post(asked.url)

    assert "Send these messages again?" in page
    assert "nobody answers at the broker" in page
    assert before == ["SET_ASIDE", "BEHIND", "READY"]
    assert states() == ["READY", "READY", "READY"]
    assert "1 more of its key" in LogEntry.objects.get().change_message


def test_a_message_set_aside_is_discarded_after_a_page_that_asks(
    admin_client: Client, set_aside: OutboxMessage
) -> None:
    asked = admin_client.post(LIST, {"action": "discard_chosen", "_selected_action": [set_aside.pk]})

    admin_client.post(asked.url)

    assert states() == ["READY", "READY"]
    assert "discarded; 1 behind it go on" in LogEntry.objects.get().change_message


def test_what_waits_for_the_relay_only_is_left_alone(admin_client: Client, waiting: list[OutboxMessage]) -> None:
    asked = admin_client.post(LIST, {"action": "discard_chosen", "_selected_action": [waiting[0].pk]})

    admin_client.post(asked.url)

    assert len(states()) == 3


def test_who_may_only_look_cannot_retry_or_discard(viewer: Client, set_aside: OutboxMessage) -> None:
    answers = [viewer.post(f"{LIST}confirm/{verb}/?ids={set_aside.pk}").status_code for verb in ("retry", "discard")]

    assert answers == [403, 403]
    assert states() == ["SET_ASIDE", "BEHIND", "READY"]
