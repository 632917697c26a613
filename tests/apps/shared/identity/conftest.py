"""Two consumers with an order each, and one API key for everybody who may call."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker, Settings

from postroad.calls.policies.policy import Policy
from postroad.testing import Pump
from tests.rpc.conftest import any_port, channel, shared_connection
from tests.support.standing import stored_once

__all__ = ["any_port", "channel", "shared_connection"]

ADDRESS = {"street1": "1 Main Street", "city": "Oakland", "state": "CA", "zip": "94611"}
MENU = {"menuItems": [{"id": "1", "name": "Vindaloo", "price": "12.34"}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """Ids of what there is: Ada's and Bob's, and an order of each."""

    ada: int
    bob: int
    adas: int
    bobs: int
    restaurant: int

    def places(self) -> dict[str, int]:
        """Return what stands in the addresses of the tests: `own` is Ada's, `foreign` is Bob's."""
        return {"own": self.adas, "foreign": self.bobs, "me": self.ada, "other": self.bob}

    def order_of(self, consumer_id: int) -> dict[str, Any]:
        """Return the body of a new order."""
        return {
            "consumerId": consumer_id,
            "restaurantId": self.restaurant,
            "deliveryAddress": ADDRESS,
            "deliveryTime": "2030-01-01T12:00:00Z",
            "lineItems": [{"menuItemId": "1", "quantity": 2}],
        }


def post(client: Client, path: str, body: object, **headers: str) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json", headers=headers)


def key_of(who: str) -> str:
    """Return somebody's API key."""
    return f"key-of-{who}".ljust(20, "-")


def as_caller(who: str) -> dict[str, str]:
    """Return the headers of somebody's requests; `nobody` has none."""
    return {} if who == "nobody" else {"x-api-key": key_of(who)}


@contextmanager
def patient_calls() -> Iterator[None]:
    """Let calls take their time: who sees what does not depend on how busy a machine is."""
    steps = Policy.steps

    def patient(self: Policy, call: str, **given: Any) -> Any:
        return steps(self, call, **{**given, "deadline_seconds": 20.0})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Policy, "steps", patient)
        yield


def build_town() -> Town:
    """Place everything, and let the services agree to it."""
    client, pump = Client(), Pump()
    ids = [
        post(client, "/v1/consumers", {"name": {"firstName": name, "lastName": "L."}}).json()["consumerId"]
        for name in ("Eve", "Ada", "Bob")  # Eve keeps the ids of consumers and of orders apart
    ][1:]
    restaurant = post(client, "/v1/restaurants", {"name": "Ajanta", "address": ADDRESS, "menu": MENU}).json()["id"]
    pump.until_quiet()
    blank = Town(ada=ids[0], bob=ids[1], adas=0, bobs=0, restaurant=restaurant)
    orders = [post(client, "/v1/orders", blank.order_of(consumer)).json()["orderId"] for consumer in ids]
    pump.until_quiet()
    pump.close()
    return replace(blank, adas=orders[0], bobs=orders[1])


def gateway_of(town: Town) -> dict[str, object]:
    """Return the settings of a gateway to which everybody has to show who they are."""
    roles = {
        "ada": f"consumer={town.ada}",
        "bob": f"consumer={town.bob}",
        "unregistered": "consumer",
        "office": "staff",
        "cook": "restaurant",
        "rider": "courier",
    }
    keys = " ".join(f"{who}:{key_of(who)}:{role}" for who, role in roles.items())
    return {"AUTH": "api_key", "API_KEYS": keys, "DEADLINE_SECONDS": 20.0}


@pytest.fixture
def town(settings: Settings, transactional_db: None) -> Iterator[Town]:
    """A town of the test's own, in the database for everybody to see."""
    with patient_calls():
        town = build_town()
        settings.GATEWAY = gateway_of(town)
        yield town


@pytest.fixture(scope="module")
def standing_town(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Town]:
    """A town that is built once; what a test changes is rolled back."""
    with stored_once(django_db_blocker), patient_calls():
        yield build_town()
