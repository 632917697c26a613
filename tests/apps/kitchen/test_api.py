"""The REST API of the kitchen, version 1."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.restaurants.messages import RestaurantCreated
from postroad.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db
Announced = Callable[[], list[tuple[str, dict[str, Any]]]]
READY_BY = "2030-01-02T18:00:00Z"
IDS = {"ticketId": 99, "orderId": 99}
LINES = [
    {"menuItemId": "2", "name": "Naan", "quantity": 1},
    {"menuItemId": "1", "name": "Chicken Vindaloo", "quantity": 2},
]


def post(client: Client, verb: str, body: object) -> Any:
    return client.post(f"/kitchen/v1/tickets/99/{verb}", body, content_type="application/json")


def accept(client: Client) -> Any:
    return post(client, "accept", {"readyBy": READY_BY})


def test_a_ticket_shows_its_dishes_and_its_state(client: Client, confirmed: int) -> None:
    answer = client.get("/kitchen/v1/tickets/99")

    assert answer.status_code == 200
    assert answer.json() == {
        "ticketId": 99,
        "orderId": 99,
        "restaurantId": 7,
        "state": "AWAITING_ACCEPTANCE",
        "lineItems": LINES,
        "readyBy": None,
    }


def test_an_unknown_ticket_is_not_found(client: Client) -> None:
    answer = client.get("/kitchen/v1/tickets/404")

    assert answer.status_code == 404
    assert answer.json() == {"code": "not_found", "detail": "There is no ticket 404.", "fields": {}}


@pytest.mark.parametrize("verb", ["accept", "preparing", "ready", "picked-up"])
def test_nothing_happens_to_an_unknown_ticket(client: Client, verb: str) -> None:
    assert post(client, verb, {"readyBy": READY_BY}).status_code == 404


def test_an_accepted_ticket_says_when_it_will_be_ready(client: Client, confirmed: int, announced: Announced) -> None:
    answer = accept(client)

    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["readyBy"]) == ("ACCEPTED", READY_BY)
    assert client.get("/kitchen/v1/tickets/99").json() == answer.json()
    assert announced()[-1] == ("kitchen.TicketAccepted", {**IDS, "readyBy": READY_BY})


def test_a_ticket_goes_all_the_way_to_the_courier(client: Client, confirmed: int, announced: Announced) -> None:
    answers = [accept(client), *(post(client, verb, {}) for verb in ("preparing", "ready", "picked-up"))]

    assert [answer.json()["state"] for answer in answers] == ["ACCEPTED", "PREPARING", "READY_FOR_PICKUP", "PICKED_UP"]
    assert announced()[2:] == [
        ("kitchen.TicketPreparationStarted", IDS),
        ("kitchen.TicketReadyForPickup", IDS),
        ("kitchen.TicketPickedUp", IDS),
    ]


def test_the_events_of_a_ticket_carry_its_key_and_the_service(client: Client, confirmed: int) -> None:
    accept(client)

    event = OutboxMessage.objects.get(type="kitchen.TicketAccepted")
    assert (event.channel, event.partition_key, event.app_id) == ("kitchen.Ticket", "99", "kitchen")


@pytest.mark.parametrize("verb", ["accept", "preparing", "ready", "picked-up"])
def test_a_ticket_that_is_only_reserved_is_not_worked_on(
    client: Client, reserved: int, announced: Announced, verb: str
) -> None:
    answer = post(client, verb, {"readyBy": READY_BY})

    assert answer.status_code == 409
    assert answer.json()["code"] == "illegal_transition"
    assert announced() == []


def test_a_ticket_is_accepted_only_once(client: Client, confirmed: int, announced: Announced) -> None:
    accept(client)

    answer = post(client, "accept", {"readyBy": "2031-01-01T00:00:00Z"})

    assert answer.status_code == 409
    assert answer.json() == {
        "code": "illegal_transition",
        "detail": "A ticket in state ACCEPTED cannot be accepted.",
        "fields": {},
    }
    assert client.get("/kitchen/v1/tickets/99").json()["readyBy"] == READY_BY
    assert len(announced()) == 2


@pytest.mark.parametrize(
    "body",
    [{}, {"readyBy": None}, {"readyBy": "soon"}, {"readyBy": 5}, {"readyBy": "0001-01-01T00:00:00+14:00"}],
    ids=repr,
)
def test_an_acceptance_without_moment_is_refused_by_its_field(
    client: Client, confirmed: int, body: dict[str, Any]
) -> None:
    answer = post(client, "accept", body)

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["readyBy"]


def test_an_operation_without_body_takes_none(client: Client, confirmed: int) -> None:
    accept(client)

    assert client.post("/kitchen/v1/tickets/99/preparing").status_code == 200


def test_an_unreadable_body_of_an_operation_without_body_does_no_harm(client: Client, confirmed: int) -> None:
    accept(client)

    answer = client.generic("POST", "/kitchen/v1/tickets/99/preparing", b"{", content_type="text/plain")

    assert answer.status_code == 200


def test_a_replica_that_has_arrived_is_shown(client: Client, ajanta: RestaurantCreated) -> None:
    assert client.get("/kitchen/v1/restaurants/7").json() == {"restaurantId": 7, "name": "Ajanta"}


def test_a_replica_that_has_not_arrived_is_not_found(client: Client) -> None:
    assert client.get("/kitchen/v1/restaurants/7").status_code == 404
