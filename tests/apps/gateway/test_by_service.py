"""A service's API below its name, at a gateway that runs alone."""

import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpResponse
from django.test import RequestFactory

from apps.consumers import usecases
from apps.gateway.api.by_service import document, of_service, urlpatterns
from apps.gateway.problems import Refused
from apps.shared.identity.caller import ANYBODY
from postroad import unit_of_work

pytestmark = pytest.mark.django_db(transaction=True)  # a call in process looks at the connections when it ends
ask = async_to_sync(of_service)


def get(path: str) -> HttpResponse:
    _, service, _, resource, *_ = path.split("/")
    found: HttpResponse = ask(RequestFactory().get(path), ANYBODY, service=service, resource=resource)
    return found


@pytest.fixture
def consumer() -> int:
    with unit_of_work():
        return usecases.create_consumer(first_name="Ada", last_name="Lovelace").pk


def test_the_service_of_that_name_is_asked_without_its_name(consumer: int) -> None:
    answer = get(f"/consumers/v1/consumers/{consumer}")

    assert answer.status_code == 200
    assert json.loads(answer.content) == {
        "consumerId": consumer,
        "name": {"firstName": "Ada", "lastName": "Lovelace"},
    }


def test_another_services_replica_is_asked_of_that_service() -> None:
    answer = get("/kitchen/v1/restaurants/7")

    assert (answer.status_code, json.loads(answer.content)["detail"]) == (404, "There is no restaurant 7.")


def test_a_query_is_passed_on(consumer: int) -> None:
    request = RequestFactory().get("/order_history/v1/orders", {"consumerId": "x"})

    answer = ask(request, ANYBODY, service="order_history", resource="orders")

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "path",
    ["/gateway/v1/orders", "/registry/v1/apps", "/orders/v1/secrets", "/nobody/v1/orders"],
)
def test_what_is_nobodys_is_not_found(path: str) -> None:
    with pytest.raises(Refused) as refused:
        get(path)

    assert refused.value.status == 404


def test_roles_are_asked_of_the_resource(settings: Any) -> None:
    settings.GATEWAY = {"AUTH": "api_key", "API_KEYS": "shop:0123456789abcdef:consumer"}
    guarded = async_to_sync(urlpatterns[0].callback)
    request = RequestFactory().get("/accounting/v1/accounts/5", headers={"x-api-key": "0123456789abcdef"})

    answer = guarded(request, service="accounting", resource="accounts")

    assert answer.status_code == 403


@pytest.mark.parametrize(("key", "status"), [("0123456789abcdef", 200), ("", 401)])
def test_a_services_document_is_shown_to_everybody_who_is_known(settings: Any, key: str, status: int) -> None:
    settings.GATEWAY = {"AUTH": "api_key", "API_KEYS": "shop:0123456789abcdef:consumer"}
    of_kitchen = next(route for route in urlpatterns if route.name == "kitchen-openapi")
    guarded = async_to_sync(of_kitchen.callback)

    request = RequestFactory().get("/kitchen/openapi.json", headers={"x-api-key": key})
    answer = guarded(request, **of_kitchen.default_args)

    assert answer.status_code == status
    assert ("info" in json.loads(answer.content)) == (status == 200)


def test_a_document_is_only_read() -> None:
    with pytest.raises(Refused) as refused:
        async_to_sync(document)(RequestFactory().post("/kitchen/openapi.json"), ANYBODY, service="kitchen")

    assert refused.value.status == 405
