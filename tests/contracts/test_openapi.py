"""Every service's REST API against its own OpenAPI document, fuzzed: never a 500, every answer as documented."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import Client
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, given, settings
from pytest_django import DjangoDbBlocker
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from config.services import GATEWAY, SERVICES
from postroad.testing.pump import Pump
from tests.support.standing import stored_once

pytestmark = pytest.mark.slow

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]
ADDRESS = {"street1": "1 Main Street", "city": "Oakland", "state": "CA", "zip": "94611"}


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A consumer, a restaurant, a new order and one that a courier carries: what exists, for the fuzzer to meet."""
    with stored_once(django_db_blocker):
        fill()
        yield


def fill() -> None:
    client, pump = Client(), Pump()

    def post(path: str, body: Any) -> Any:
        answer = client.post(path, json.dumps(body), content_type="application/json")
        assert answer.status_code == 200, answer.content
        pump.until_quiet()
        return answer.json()

    menu = {"menuItems": [{"id": "1", "name": "Vindaloo", "price": "12.34"}]}
    consumer = post("/consumers/v1/consumers", {"name": {"firstName": "Ada", "lastName": "Lovelace"}})["consumerId"]
    restaurant = post("/restaurants/v1/restaurants", {"name": "Ajanta", "address": ADDRESS, "menu": menu})["id"]
    lines = [{"menuItemId": "1", "quantity": 2}]
    order = {"deliveryAddress": ADDRESS, "deliveryTime": "2030-01-01T12:00:00Z", "lineItems": lines}
    _, carried = (
        post("/orders/v1/orders", {"consumerId": consumer, "restaurantId": restaurant, **order})["orderId"]
        for _ in range(2)
    )
    post(f"/kitchen/v1/tickets/{carried}/accept", {"readyBy": "2030-01-01T11:00:00Z"})
    post("/delivery/v1/couriers/1/availability", {"available": True})
    pump.close()


APPLICATION = get_wsgi_application()
OPERATIONS = [
    pytest.param(found.ok(), id=f"{service} {found.ok().label}")
    for service in (*SERVICES, GATEWAY)
    for found in schemathesis.openapi.from_wsgi(f"/{service}/openapi.json", APPLICATION).get_all_operations()
]


@pytest.mark.parametrize("service", SERVICES)
def test_a_document_is_valid_and_has_both_versions(
    client: Client, service: str, capsys: pytest.CaptureFixture[str]
) -> None:
    document = client.get(f"/{service}/openapi.json").json()
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]

    validate_schema(document)
    assert capsys.readouterr().err == ""
    assert document["openapi"].startswith("3.1")
    assert re.fullmatch(r"2\.[0-9]+\.[0-9]+", document["info"]["version"])
    assert {path.split("/")[2] for path in document["paths"]} == {"v1", "v2"}
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.name.lower())
def test_every_answer_is_as_documented(operation: Any, mode: GenerationMode, world: None, db: None) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
    def call(case: Any) -> None:
        case.call_and_validate(checks=CHECKS)

    call()
