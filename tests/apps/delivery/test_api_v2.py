"""The REST API of delivery, version 2."""

from typing import Any

import pytest
from django.test import Client

from apps.delivery.domain import DeliveryState
from apps.delivery.models import Courier, Delivery
from postroad import clock
from tests.apps.delivery.events import AJANTA, PICKED_UP, accepted, created, happen, make_available

pytestmark = pytest.mark.django_db
COURIERS = "/delivery/v2/couriers"
DELIVERY = "/delivery/v2/deliveries/99"


def send(client: Client, method: str, url: str, body: object = None, *, tag: str = "*") -> Any:
    call = {"POST": client.post, "PUT": client.put}[method]
    return call(url, body, content_type="application/json", headers={"if-match": tag})


def test_a_courier_is_taken_in_and_found_where_the_answer_says(client: Client) -> None:
    answer = send(client, "POST", COURIERS, {"courierId": 7, "available": True})

    assert (answer.status_code, answer["Location"]) == (201, f"{COURIERS}/7")
    assert client.get(answer["Location"]).json() == answer.json()
    assert answer.json()["_links"]["availability"] == {"href": f"{COURIERS}/7/availability", "method": "PUT"}


def test_a_courier_is_taken_in_once(client: Client) -> None:
    send(client, "POST", COURIERS, {"courierId": 7, "available": True})

    answer = send(client, "POST", COURIERS, {"courierId": 7, "available": False})

    assert (answer.status_code, answer.json()["code"]) == (409, "already_registered")
    assert Courier.objects.get().available


def test_availability_is_changed_by_who_knows_the_present_one(client: Client) -> None:
    tag = send(client, "POST", COURIERS, {"courierId": 7, "available": True})["ETag"]

    first = send(client, "PUT", f"{COURIERS}/7/availability", {"available": False}, tag=tag)
    second = send(client, "PUT", f"{COURIERS}/7/availability", {"available": True}, tag=tag)

    assert (first.status_code, second.status_code) == (200, 412)
    assert not Courier.objects.get().available


def test_an_unknown_courier_has_no_availability_to_change(client: Client) -> None:
    assert send(client, "PUT", f"{COURIERS}/7/availability", {"available": True}).status_code == 404


@pytest.mark.parametrize("state", DeliveryState)
@pytest.mark.parametrize("is_picked_up", [True, False])
def test_exactly_the_actions_that_do_not_conflict_are_offered(
    client: Client, state: DeliveryState, *, is_picked_up: bool
) -> None:
    happen(AJANTA, created(), accepted(), make_available)
    moment = clock.now() if is_picked_up else None
    Delivery.objects.update(state=state.value, picked_up_at=moment)
    is_offered = "delivered" in client.get(DELIVERY).json()["_links"]

    assert send(client, "POST", f"{DELIVERY}/delivered").status_code == (200 if is_offered else 409)


def test_the_courier_can_be_embedded(client: Client) -> None:
    happen(AJANTA, created(), accepted(), make_available, PICKED_UP)

    embedded = client.get(f"{DELIVERY}?expand=courier").json()["_embedded"]

    assert embedded["courier"]["courierId"] == 1


def test_the_courier_of_a_delivery_that_waits_is_null(client: Client) -> None:
    happen(AJANTA, created())

    assert client.get(f"{DELIVERY}?expand=courier").json()["_embedded"] == {"courier": None}
