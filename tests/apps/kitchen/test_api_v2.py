"""The REST API of the kitchen, version 2."""

from typing import Any

import pytest
from django.test import Client

from apps.kitchen.domain import TicketState
from apps.kitchen.models import Ticket

pytestmark = pytest.mark.django_db

ACTIONS = ("accept", "preparing", "ready", "picked-up")


@pytest.fixture
def ticket(confirmed: int) -> str:
    """The address of a ticket that awaits acceptance."""
    return f"/kitchen/v2/tickets/{confirmed}"


def act(client: Client, address: str, tag: str = "*") -> Any:
    body = {"readyBy": "2030-01-02T18:30:00Z"}
    return client.post(address, body, content_type="application/json", headers={"if-match": tag})


def test_a_ticket_is_shown_with_its_links(client: Client, ticket: str) -> None:
    found = client.get(ticket).json()

    assert (found["ticketId"], found["state"]) == (99, "AWAITING_ACCEPTANCE")
    assert found["_links"] == {
        "self": {"href": ticket, "method": "GET"},
        "restaurant": {"href": "/kitchen/v2/restaurants/7", "method": "GET"},
        "accept": {"href": f"{ticket}/accept", "method": "POST"},
    }
    assert client.get(found["_links"]["restaurant"]["href"]).json()["name"] == "Ajanta"


@pytest.mark.parametrize("state", TicketState)
@pytest.mark.parametrize("action", ACTIONS)
def test_exactly_the_actions_that_do_not_conflict_are_offered(
    client: Client, ticket: str, state: TicketState, action: str
) -> None:
    Ticket.objects.update(state=state.value)
    is_offered = action in client.get(ticket).json()["_links"]

    assert act(client, f"{ticket}/{action}").status_code == (200 if is_offered else 409)


def test_the_links_lead_a_ticket_to_its_end(client: Client, ticket: str) -> None:
    accepted = act(client, f"{ticket}/accept", client.get(ticket)["ETag"])
    preparing = act(client, accepted.json()["_links"]["preparing"]["href"], accepted["ETag"])
    ready = act(client, preparing.json()["_links"]["ready"]["href"], preparing["ETag"])
    gone = act(client, ready.json()["_links"]["picked-up"]["href"], ready["ETag"])

    assert gone.json()["state"] == "PICKED_UP"
    assert gone.json()["_links"].keys() == {"self", "restaurant"}
    assert "Location" not in gone.headers


def test_the_second_of_two_cooks_is_told(client: Client, ticket: str) -> None:
    tag = client.get(ticket)["ETag"]
    act(client, f"{ticket}/accept", tag)

    assert act(client, f"{ticket}/accept", tag).status_code == 412


def test_an_action_needs_a_tag(client: Client, ticket: str) -> None:
    assert act(client, f"{ticket}/accept", "").status_code == 428


def test_the_restaurant_can_be_embedded(client: Client, ticket: str) -> None:
    embedded = client.get(f"{ticket}?expand=restaurant").json()["_embedded"]

    assert embedded == {"restaurant": {"restaurantId": 7, "name": "Ajanta"}}
