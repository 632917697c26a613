"""The REST API of delivery, version 1."""

from typing import Any

import pytest
from django.test import Client

from apps.delivery.models import Courier
from apps.shared.values import MAX_ID
from tests.apps.delivery.events import (
    AJANTA,
    PICKED_UP,
    STREET,
    TICKET_CANCELLED,
    VIEW,
    accepted,
    announced,
    arrive,
    created,
    happen,
    make_available,
)

pytestmark = pytest.mark.django_db
COURIER = "/delivery/v1/couriers/1"
DELIVERY = "/delivery/v1/deliveries/99"
READY_BY, DROPOFF = "2030-01-02T18:00:00Z", "2030-01-02T18:30:00Z"


def post(client: Client, url: str, body: object) -> Any:
    return client.post(url, body, content_type="application/json")


def test_an_unknown_courier_who_becomes_available_is_taken_in(client: Client) -> None:
    answer = post(client, f"{COURIER}/availability", {"available": True})

    assert answer.status_code == 200
    assert answer.json() == {"courierId": 1, "available": True, "actions": []}
    assert client.get(COURIER).json() == answer.json()


def test_an_unknown_courier_who_is_not_available_is_taken_in_too(client: Client) -> None:
    answer = post(client, f"{COURIER}/availability", {"available": False})

    assert answer.json() == {"courierId": 1, "available": False, "actions": []}
    assert client.get(COURIER).status_code == 200


def test_a_courier_is_answered_what_has_waited_for_him(client: Client) -> None:
    happen(AJANTA, created(), accepted())

    answer = post(client, f"{COURIER}/availability", {"available": True})

    assert answer.json()["actions"] == [
        {"type": "PICKUP", "time": READY_BY, "deliveryId": 99, "address": STREET},
        {"type": "DROPOFF", "time": DROPOFF, "deliveryId": 99, "address": VIEW},
    ]


def test_an_address_that_is_not_known_yet_is_null(client: Client) -> None:
    happen(created(), accepted(), make_available)

    assert client.get(COURIER).json()["actions"][0]["address"] is None


@pytest.mark.parametrize(
    "body",
    [{}, {"available": None}, {"available": "true"}, {"available": 1}, {"available": "yes\x00"}, {"available": [True]}],
    ids=repr,
)
def test_an_availability_that_is_no_boolean_is_refused_by_its_field(client: Client, body: dict[str, Any]) -> None:
    answer = post(client, f"{COURIER}/availability", body)

    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["available"]
    assert not Courier.objects.exists()


@pytest.mark.parametrize("key", ["0", str(MAX_ID + 1), "-1", "x", "1%00"])
def test_a_courier_who_can_have_no_such_id_is_not_taken_in(client: Client, key: str) -> None:
    answer = post(client, f"/delivery/v1/couriers/{key}/availability", {"available": True})

    assert answer.status_code == 404
    assert not Courier.objects.exists()


def test_a_courier_may_have_the_largest_id(client: Client) -> None:
    answer = post(client, f"/delivery/v1/couriers/{MAX_ID}/availability", {"available": True})

    assert answer.json()["courierId"] == MAX_ID


@pytest.mark.parametrize("what", ["couriers", "deliveries", "restaurants"])
def test_what_is_unknown_is_not_found(client: Client, what: str) -> None:
    answer = client.get(f"/delivery/v1/{what}/{MAX_ID}")

    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"


def test_a_pending_delivery_has_no_courier(client: Client) -> None:
    arrive(created())

    answer = client.get(DELIVERY)

    assert answer.status_code == 200
    assert answer.json() == {
        "deliveryInfo": {"id": 99, "state": "PENDING"},
        "assignedCourier": None,
        "courierActions": [],
    }


def test_a_delivery_whose_ticket_was_faster_than_the_order_is_shown(client: Client) -> None:
    arrive(accepted())

    assert client.get(DELIVERY).json()["deliveryInfo"] == {"id": 99, "state": "PENDING"}


def test_a_scheduled_delivery_shows_who_comes_and_when(client: Client) -> None:
    happen(make_available, created(), accepted())

    assert client.get(DELIVERY).json() == {
        "deliveryInfo": {"id": 99, "state": "SCHEDULED"},
        "assignedCourier": 1,
        "courierActions": [{"type": "PICKUP", "time": READY_BY}, {"type": "DROPOFF", "time": DROPOFF}],
    }


def test_a_picked_up_delivery_shows_when_it_was(client: Client) -> None:
    happen(make_available, created(), accepted(), PICKED_UP)

    pickup, dropoff = client.get(DELIVERY).json()["courierActions"]

    assert pickup["time"] != READY_BY
    assert dropoff["time"] == DROPOFF


def test_a_courier_tells_that_he_has_delivered(client: Client) -> None:
    happen(make_available, created(), accepted(), PICKED_UP)

    answer = post(client, f"{DELIVERY}/delivered", {})

    assert answer.status_code == 200
    assert answer.json()["deliveryInfo"] == {"id": 99, "state": "DELIVERED"}
    assert answer.json()["assignedCourier"] == 1
    assert client.get(DELIVERY).json() == answer.json()
    name, event = announced()[-1]
    assert (name, event["deliveredAt"]) == ("delivery.DeliveryDelivered", answer.json()["courierActions"][1]["time"])


def test_a_delivered_delivery_is_off_the_couriers_hands(client: Client) -> None:
    happen(make_available, created(), accepted(), PICKED_UP)

    post(client, f"{DELIVERY}/delivered", {})

    assert client.get(COURIER).json()["actions"] == []
    assert Courier.objects.get().load == 0


def test_an_operation_without_body_takes_none(client: Client) -> None:
    happen(make_available, created(), accepted(), PICKED_UP)

    assert client.generic("POST", f"{DELIVERY}/delivered", b"{", content_type="text/plain").status_code == 200


def test_nothing_unknown_is_delivered(client: Client) -> None:
    assert post(client, f"{DELIVERY}/delivered", {}).status_code == 404


@pytest.mark.parametrize(
    ("steps", "detail"),
    [
        ([], "A delivery in state PENDING cannot be delivered."),
        ([PICKED_UP], "A delivery in state PENDING cannot be delivered."),
        ([make_available], "A delivery that was not picked up cannot be delivered."),
        ([make_available, TICKET_CANCELLED], "A delivery in state CANCELLED cannot be delivered."),
    ],
)
def test_what_no_courier_carries_is_not_delivered(client: Client, steps: list[Any], detail: str) -> None:
    happen(created(), accepted(), *steps)
    before = announced()

    answer = post(client, f"{DELIVERY}/delivered", {})

    assert answer.status_code == 409
    assert answer.json() == {"code": "illegal_transition", "detail": detail, "fields": {}}
    assert announced() == before


def test_a_delivery_is_delivered_only_once(client: Client) -> None:
    happen(make_available, created(), accepted(), PICKED_UP)
    post(client, f"{DELIVERY}/delivered", {})

    answer = post(client, f"{DELIVERY}/delivered", {})

    assert answer.status_code == 409
    assert Courier.objects.get().load == 0
    assert len(announced()) == 3


def test_a_cancelled_delivery_has_no_courier_any_more(client: Client) -> None:
    happen(make_available, created(), accepted(), TICKET_CANCELLED)

    answer = client.get(DELIVERY).json()

    assert (answer["deliveryInfo"]["state"], answer["assignedCourier"]) == ("CANCELLED", None)
    assert answer["courierActions"] == []


def test_a_replica_that_has_arrived_is_shown(client: Client) -> None:
    arrive(AJANTA)

    answer = client.get("/delivery/v1/restaurants/7")

    assert answer.json() == {"restaurantId": 7, "name": "Ajanta", "address": STREET}
