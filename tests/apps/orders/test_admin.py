"""The admin's page of an order."""

from typing import Any

import pytest
from django.test import Client

from apps.restaurants.messages import RestaurantCreated

pytestmark = pytest.mark.django_db


def test_a_pending_order_says_what_it_waits_for_and_what_can_be_done(
    client: Client, admin_client: Client, ajanta: RestaurantCreated, body: dict[str, Any]
) -> None:
    order = client.post("/orders/v1/orders", body, content_type="application/json").json()["orderId"]

    page = admin_client.get(f"/admin/orders/order/{order}/change/").content.decode()

    assert "consumers has not answered consumers.ValidateOrderByConsumer." in page
    assert "does the worker of consumers run" in page


def test_the_journey_of_a_pending_order_says_it_too(
    client: Client, ajanta: RestaurantCreated, body: dict[str, Any]
) -> None:
    order = client.post("/orders/v1/orders", body, content_type="application/json").json()["orderId"]

    told = client.get(f"/orders/v1/orders/{order}/journey").json()["waiting"]

    assert told["why"] == "consumers has not answered consumers.ValidateOrderByConsumer."
    assert set(told) == {"since", "why", "whatToDo"}
