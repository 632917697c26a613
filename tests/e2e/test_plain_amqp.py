"""Any language can take part: a client that knows AMQP and JSON only talks to the kitchen's real processes."""

import json
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.faults.deployment import BROKER_URL, Deployment, deployed, until

pytestmark = [pytest.mark.broker, pytest.mark.postgres, pytest.mark.slow]

RESTAURANT = {
    "restaurantId": 7,
    "name": "Ajanta",
    "address": {"street1": "1 Main Street", "city": "Oakland", "state": "CA", "zip": "94611"},
    "menu": {"menuItems": [{"id": "1", "name": "Vindaloo", "price": "12.34"}]},
}
LINES = [{"menuItemId": "1", "name": "Vindaloo", "quantity": 2}]


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployed(("kitchen",), tmp_path_factory.mktemp("kitchen")) as kitchen:
        kitchen.start("kitchen", "relay")
        kitchen.start("kitchen", "worker")
        shard = zlib.crc32(b"7") % 4
        ask(event("restaurants.Restaurant", f"{shard}.restaurants.RestaurantCreated", RESTAURANT))
        until(
            lambda: kitchen.rows("kitchen", "SELECT 1 FROM kitchen_restaurant"), seconds=60, what="the replica is there"
        )
        yield kitchen


def event(exchange: str, route: str, body: object) -> dict[str, Any]:
    name = route.partition(".")[2]
    return {
        "exchange": exchange,
        "route": route,
        "body": json.dumps(body),
        "headers": {"partition-key": "7"},
        "properties": {"type": name, "message_id": "first-event", "content_type": "application/json"},
        "wants_answer": False,
    }


def create_ticket(order: int, *, message_id: str, **changes: Any) -> dict[str, Any]:
    properties = {"type": "kitchen.CreateTicket", "message_id": message_id, "content_type": "application/json"}
    properties |= changes.pop("properties", {})
    return {
        "exchange": "kitchen",
        "route": "",
        "body": json.dumps({"restaurantId": 7, "orderId": order, "lineItems": LINES}),
        "headers": {},
        "properties": {name: value for name, value in properties.items() if value is not None},
        "wants_answer": True,
        **changes,
    }


def ask(*requests: dict[str, Any]) -> list[dict[str, Any]]:
    """Run the plain client as a process and return the answers it got."""
    broker = urlsplit(BROKER_URL)
    where = [f"{broker.hostname}:{broker.port}", unquote(broker.username or ""), unquote(broker.password or "")]
    client = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("plain_client.py")), *where],
        input="\n".join(json.dumps(request) for request in requests),
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    return [json.loads(line) for line in client.stdout.splitlines()]


def tickets(kitchen: Deployment, order: int) -> int:
    return len(kitchen.rows("kitchen", "SELECT 1 FROM kitchen_ticket WHERE id = %s", order))


def test_a_command_is_answered_on_the_clients_own_exclusive_queue(kitchen: Deployment) -> None:
    (answer,) = ask(create_ticket(101, message_id="ask-101"))

    assert answer["body"] == {"ticketId": 101}
    assert answer["properties"]["type"] == "kitchen.TicketReserved"
    assert answer["properties"]["correlation_id"] == "ask-101"
    assert answer["properties"]["content_type"] == "application/json"
    assert answer["properties"]["app_id"] == "kitchen"
    assert answer["properties"]["delivery_mode"] == 2
    assert answer["headers"]["outcome"] == "success"
    assert answer["headers"]["kind"] == "reply"
    assert tickets(kitchen, 101) == 1


def test_a_command_sent_to_its_shard_is_answered_too(kitchen: Deployment) -> None:
    shard = str(zlib.crc32(b"102") % 4)

    (answer,) = ask(create_ticket(102, message_id="ask-102", route=shard, headers={"partition-key": "102"}))

    assert answer["body"] == {"ticketId": 102}


def test_the_same_command_twice_is_answered_once_and_makes_one_ticket(kitchen: Deployment) -> None:
    first = create_ticket(103, message_id="ask-103")

    answers = ask(first, {**first, "wants_answer": False}, create_ticket(104, message_id="ask-104"))

    assert sorted(answer["body"]["ticketId"] for answer in answers) == [103, 104]
    assert tickets(kitchen, 103) == 1


def test_what_the_kitchen_refuses_is_a_named_refusal(kitchen: Deployment) -> None:
    (answer,) = ask(
        create_ticket(
            105, message_id="ask-105", body=json.dumps({"restaurantId": 8, "orderId": 105, "lineItems": LINES})
        )
    )

    assert answer["properties"]["type"] == "kitchen.TicketRefused"
    assert answer["headers"]["outcome"] == "failure"
    assert answer["body"] == {"reason": "unknown_restaurant"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"properties": {"type": "kitchen.Cook"}}, "unknown_type"),
        ({"properties": {"type": None}}, "unknown_type"),
        ({"body": "{not json"}, "invalid_message"),
        ({"body": ""}, "invalid_message"),
        ({"body": "x" * (5 * 1024 * 1024)}, "invalid_message"),
        ({"properties": {"content_type": "text/plain"}}, "unknown_content_type"),
        ({"properties": {"message_id": None}}, "invalid_message"),
    ],
)
def test_a_command_that_cannot_be_read_is_answered_with_the_reason(
    kitchen: Deployment, changes: dict[str, Any], reason: str
) -> None:
    (answer,) = ask(create_ticket(106, message_id=f"ask-{reason}-{len(str(changes))}", **changes))

    assert answer["properties"]["type"] == "postroad.Rejected"
    assert answer["headers"]["outcome"] == "failure"
    assert answer["body"]["reason"] == reason
    assert tickets(kitchen, 106) == 0


def test_garbage_that_wants_no_answer_is_parked_whole_and_the_kitchen_goes_on(kitchen: Deployment) -> None:
    garbage = create_ticket(107, message_id="garbage-107", body="\x01garbage", wants_answer=False)

    (answer,) = ask(garbage, create_ticket(108, message_id="ask-108"))

    rows = until(
        lambda: kitchen.rows(
            "kitchen", "SELECT body, subscriber FROM postroad_dead_letter WHERE message_id = 'garbage-107'"
        ),
        seconds=20,
        what="the garbage is parked",
    )
    assert answer["body"] == {"ticketId": 108}
    assert (bytes(rows[0][0]), rows[0][1]) == (b"\x01garbage", "kitchen")
