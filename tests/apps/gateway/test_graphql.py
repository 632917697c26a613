"""GraphQL over plain services: what is asked of whom how often, limits, and errors in its form."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from graphql import get_introspection_query
from hypothesis import given
from hypothesis import strategies as some
from hypothesis_graphql import queries

from apps.gateway.graphql.execution import Request, execute, read_request, sdl
from apps.gateway.loaders import MAX_CALLS
from apps.gateway.problems import Refused
from postroad.errors import CallRejected, DeadlineExceeded, ServiceUnavailable
from tests.apps.gateway.conftest import Town


def ask(town: Town, query: str, *, seconds: float = 5.0, may_change: bool = True, **variables: Any) -> Any:
    request = Request(query=query, variables=variables)
    return asyncio.run(execute(town.services(), request, seconds=seconds, may_change=may_change))


def codes(answer: Any) -> list[str]:
    return [error["extensions"]["code"] for error in answer["errors"]]


def test_an_order_is_shown_with_everything_about_it(town: Town) -> None:
    answer = ask(
        town,
        """{ order(id: 99) { id orderId state orderTotal rejectionReason deliveryTime lineItems { name quantity }
                             restaurant { name menuItems { price } } consumer { firstName } ticket { state }
                             delivery { state assignedCourier } bill { amount } } }""",
    )

    assert answer == {
        "data": {
            "order": {
                "id": "99",
                "orderId": "99",
                "state": "APPROVED",
                "orderTotal": "24.68",
                "rejectionReason": None,
                "deliveryTime": "2030-01-01T12:00:00Z",
                "lineItems": [{"name": "Vindaloo", "quantity": 2}],
                "restaurant": {"name": "Restaurant 7", "menuItems": [{"price": "12.34"}]},
                "consumer": {"firstName": "Ada"},
                "ticket": {"state": "ACCEPTED"},
                "delivery": {"state": "SCHEDULED", "assignedCourier": "3"},
                "bill": {"amount": "24.68"},
            }
        }
    }


def test_each_thing_is_asked_for_once_however_often_it_occurs(town: Town) -> None:
    town.orders_of[5] = list(range(1, 11))

    answer = ask(town, "{ orders(consumerId: 5) { state orderTotal restaurant { name } consumer { lastName } } }")

    assert len(answer["data"]["orders"]) == 10
    assert town.times("order_history.orders") == 1
    assert town.times("orders.order") == 10
    assert town.times("orders.contents") == 10
    assert town.times("restaurants.restaurant") == 1
    assert town.times("consumers.consumer") == 1


def test_what_a_level_needs_is_asked_for_side_by_side_but_not_all_at_once(town: Town) -> None:
    town.orders_of[5] = list(range(1, 41))
    town.page_rows = 100
    running, maximum = 0, 0

    async def slow(key: int) -> Any:
        nonlocal running, maximum
        running += 1
        maximum = max(maximum, running)
        await asyncio.sleep(0)
        running -= 1
        return town.orders_order(key)

    town.behaviours["orders.order"] = slow

    ask(town, "{ orders(consumerId: 5, first: 40) { state } }")

    assert maximum == MAX_CALLS


def test_a_consumer_has_orders_and_they_come_page_by_page(town: Town) -> None:
    town.orders_of[5] = [30, 20, 10]

    first = ask(town, "{ consumer(id: 5) { firstName orders(first: 2) { id } } }")["data"]["consumer"]
    second = ask(town, "{ consumer(id: 5) { orders(first: 2, after: 20) { id } } }")["data"]["consumer"]

    assert first == {"firstName": "Ada", "orders": [{"id": "30"}, {"id": "20"}]}
    assert second == {"orders": [{"id": "10"}]}


def test_restaurants_are_listed(town: Town) -> None:
    answer = ask(town, "{ restaurants { id name } restaurant(id: 8) { menuItems { name } } }")

    assert answer["data"]["restaurants"] == [{"id": "7", "name": "Restaurant 7"}, {"id": "8", "name": "Restaurant 8"}]
    assert answer["data"]["restaurant"] == {"menuItems": [{"name": "Vindaloo"}]}


@pytest.mark.parametrize("key", ["999", '"x"', '""', "-1", str(2**70), '"1 OR 1"', "0"])
def test_what_is_not_there_is_null_and_no_error(town: Town, key: str) -> None:
    answer = ask(town, f"{{ order(id: {key}) {{ id }} consumer(id: {key}) {{ id }} restaurant(id: {key}) {{ id }} }}")

    assert answer == {"data": {"order": None, "consumer": None, "restaurant": None}}


def test_a_service_that_is_away_takes_only_its_own_part_out(town: Town) -> None:
    async def away(_: object) -> None:
        raise ServiceUnavailable("nobody answers at http://10.0.0.1")

    town.behaviours["restaurants.restaurant"] = away

    answer = ask(town, "{ order(id: 99) { state restaurant { name } } }")

    assert answer["data"] == {"order": {"state": "APPROVED", "restaurant": None}}
    assert codes(answer) == ["unavailable"]
    assert answer["errors"][0]["path"] == ["order", "restaurant"]
    assert "10.0.0.1" not in str(answer)


def test_mutations_are_the_operations_of_the_rest_api(town: Town) -> None:
    order = """{consumerId: 5, restaurantId: 7, deliveryTime: "2030-01-01T12:00:00Z",
                deliveryAddress: {street1: "1 Main Street", city: "Oakland", state: "CA", zip: "94611"},
                lineItems: [{menuItemId: "1", quantity: 2}]}"""

    answer = ask(
        town,
        f"""mutation {{
            createConsumer(firstName: "Ada", lastName: "Lovelace") {{ id firstName }}
            createOrder(order: {order}) {{ id }}
            reviseOrder(id: 99, lineItems: [{{menuItemId: "1", quantity: 3}}]) {{ id }}
            cancelOrder(id: 98) {{ id }}
        }}""",
    )

    assert "errors" not in answer
    assert answer["data"]["createOrder"] == {"id": "100"}
    assert [call for call, _ in town.calls] == ["consumers.create", "orders.create", "orders.revise", "orders.cancel"]
    assert town.calls[1][1] == {
        "consumerId": 5,
        "restaurantId": 7,
        "deliveryTime": "2030-01-01T12:00:00Z",
        "deliveryAddress": {
            "street1": "1 Main Street",
            "city": "Oakland",
            "state": "CA",
            "zip": "94611",
            "street2": None,
        },
        "lineItems": [{"menuItemId": "1", "quantity": 2}],
    }


def test_a_refusal_of_the_business_is_an_error_with_its_code_and_fields(town: Town) -> None:
    async def refuse(_: object) -> None:
        raise CallRejected(
            "x", status=400, code="invalid", detail="Some fields.", fields={"name.firstName": ["Blank."]}
        )

    town.behaviours["consumers.create"] = refuse

    answer = ask(town, 'mutation { createConsumer(firstName: "", lastName: "x") { id } }')

    assert answer["errors"][0]["message"] == "Some fields."
    assert answer["errors"][0]["extensions"] == {"code": "invalid", "fields": {"name.firstName": ["Blank."]}}


def test_a_mutation_is_not_sent_by_a_get(town: Town) -> None:
    with pytest.raises(Refused) as refused:
        ask(town, "mutation { cancelOrder(id: 99) { id } }", may_change=False)

    assert refused.value.status == 405
    assert town.calls == []


@pytest.mark.parametrize(
    ("query", "status"),
    [("", 400), ("fragment a on Order { id }", 400), ("subscription { x }", 405)],
)
def test_what_has_no_operation_that_can_be_executed_is_refused(town: Town, query: str, status: int) -> None:
    with pytest.raises(Refused) as refused:
        ask(town, query)

    assert refused.value.status == status


def test_a_defect_is_told_to_the_log_and_not_to_the_client(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_: object) -> None:
        raise ZeroDivisionError("secret")

    town.behaviours["orders.order"] = broken

    answer = ask(town, "{ order(id: 99) { state } }")

    assert codes(answer) == ["defect"]
    assert "secret" not in str(answer)
    assert "secret" in caplog.text


def test_a_query_that_takes_too_long_is_given_up(town: Town) -> None:
    async def hangs(_: object) -> None:
        await asyncio.Event().wait()

    town.behaviours["orders.order"] = hangs

    with pytest.raises(DeadlineExceeded):
        ask(town, "{ order(id: 99) { state } }", seconds=0.05)


DEEP = "{ consumer(id: 1) { orders { consumer { orders { consumer { orders { consumer { orders { id } } } } } } } } }"
CIRCLE = "{ order(id: 1) { ...a } } fragment a on Order { ...b } fragment b on Order { ...a }"
LAUGHS = "{ order(id: 1) { ...f9 } } fragment f0 on Order { consumer { firstName } }" + "".join(
    f" fragment f{n} on Order {{ a{n}: restaurant {{ name }} ...f{n - 1} consumer {{ ...c{n} }} }}"
    f" fragment c{n} on Consumer {{ orders {{ ...f{n - 1} }} }}"
    for n in range(1, 10)
)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        pytest.param(DEEP, "too_deep", id="deep"),
        pytest.param(
            "{ orders(consumerId: 5, first: 100) { consumer { orders { state } } } }", "too_expensive", id="cost"
        ),
        pytest.param(
            "query($n: Int!) { orders(consumerId: 5, first: $n) { consumer { orders { id } } } }",
            "too_expensive",
            id="cost by variable",
        ),
        pytest.param(LAUGHS, "too_deep", id="a billion laughs"),
        pytest.param(
            "{" + " ".join(f"a{n}: order(id: {n}) {{ id }}" for n in range(31)) + "}", "too_many_aliases", id="aliases"
        ),
        pytest.param("{ order(id: 1) {" + " id" * 2000 + "} }", "invalid", id="tokens"),
        pytest.param(CIRCLE, "invalid", id="circle"),
        pytest.param("{" * 10_000, "invalid", id="nesting"),
        pytest.param("{ nothing }", "invalid", id="unknown field"),
        pytest.param("{ orders(consumerId: 5, first: -1) { id } }", "invalid", id="first too small"),
        pytest.param("{ orders(consumerId: 5, first: 101) { id } }", "invalid", id="first too large"),
    ],
)
def test_what_asks_for_too_much_is_refused_before_anything_is_called(town: Town, query: str, code: str) -> None:
    answer = ask(town, query, n=100)

    assert code in codes(answer)
    assert [call for call, _ in town.calls if call != "order_history.orders"] == []


def test_the_schema_may_be_asked_for(town: Town) -> None:
    answer = ask(town, "{ __schema { queryType { fields { name } } mutationType { fields { name } } } }")

    names = {field["name"] for field in answer["data"]["__schema"]["queryType"]["fields"]}
    assert names == {"order", "orders", "consumer", "restaurants", "restaurant"}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"query": 1}', b'{"variables": {}}', b"\xff", b'{"query": "x", "variables": 1}'],
)
def test_what_is_no_graphql_request_is_a_400(body: bytes) -> None:
    with pytest.raises(Refused) as refused:
        read_request(body)

    assert refused.value.status == 400


@given(queries(sdl()))
def test_no_query_that_fits_the_schema_meets_a_defect(query: str) -> None:
    answer = ask(Town(), query)

    assert "defect" not in str(answer.get("errors", []))


@given(some.text(max_size=40))
def test_no_text_meets_a_defect(text: str) -> None:
    answer = {"errors": []}
    with suppress(Refused):
        answer = ask(Town(), text)

    assert "defect" not in codes(answer)


def test_the_whole_schema_may_be_asked_for_as_tools_do(town: Town) -> None:
    assert "errors" not in ask(town, get_introspection_query())
