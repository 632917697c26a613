"""Who sees and changes what: role, owner, operation, at every door.

The table is written down once, `own` being Ada's and `foreign` Bob's; each line is a test.
"""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from pytest_django import Settings

from apps.orders.models import Order
from tests.apps.shared.identity.conftest import Town, as_caller, gateway_of, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(standing_town: Town, db: None, settings: Settings) -> Town:
    """Everything placed and agreed to; from now on everybody has to show who they are."""
    settings.GATEWAY = gateway_of(standing_town)
    return standing_town


ORDER = (
    "/v1/orders/{}",
    "/v2/orders/{}",
    "/orders/v1/orders/{}",
    "/orders/v1/orders/{}/contents",
    "/orders/v1/orders/{}/journey",
    "/orders/v2/orders/{}",
    "/orders/v2/orders/{}/journey",
    "/orders/orders/{}",
    "/order_history/v2/orders/{}",
    "/order_history/orders/{}",
)
TICKET = ("/v1/tickets/{}", "/v2/tickets/{}", "/kitchen/v1/tickets/{}", "/kitchen/v2/tickets/{}", "/kitchen/tickets/{}")
DELIVERY = (
    "/v1/deliveries/{}",
    "/v2/deliveries/{}",
    "/delivery/v1/deliveries/{}",
    "/delivery/v2/deliveries/{}",
    "/delivery/deliveries/{}",
)
BILL = ("/v1/bills/{}", "/v2/bills/{}", "/accounting/v1/bills/{}", "/accounting/v2/bills/{}", "/accounting/bills/{}")
CONSUMER = (
    "/v1/consumers/{}",
    "/v2/consumers/{}",
    "/consumers/v1/consumers/{}",
    "/consumers/v2/consumers/{}",
    "/consumers/consumers/{}",
)
ACCOUNT = ("/v1/accounts/{}", "/accounting/v1/accounts/{}", "/accounting/v2/accounts/{}")

#           paths     own or foreign: ada own, ada foreign, unregistered, office, cook, rider, nobody
READS = {
    ORDER: (200, 404, 404, 200, 403, 403, 401),
    TICKET: (200, 404, 404, 200, 200, 403, 401),
    DELIVERY: (200, 404, 404, 200, 200, 200, 401),
    BILL: (200, 404, 404, 200, 403, 403, 401),
    CONSUMER: (200, 404, 404, 200, 403, 403, 401),
    ACCOUNT: (403, 403, 403, 200, 403, 403, 401),
}
CALLERS = (
    ("ada", "own"),
    ("ada", "foreign"),
    ("unregistered", "own"),
    ("office", "foreign"),
    ("cook", "own"),
    ("rider", "own"),
    ("nobody", "own"),
)
OF_CONSUMERS = {"own": "me", "foreign": "other"}


def _lines() -> list[tuple[tuple[str, ...], str, str, int]]:
    return [
        (paths, who, OF_CONSUMERS[whose] if paths in (CONSUMER, ACCOUNT) else whose, status)
        for paths, statuses in READS.items()
        for (who, whose), status in zip(CALLERS, statuses, strict=True)
    ]


@pytest.mark.parametrize(("paths", "who", "whose", "status"), _lines())
def test_who_reads_what(client: Client, town: Town, paths: tuple[str, ...], who: str, whose: str, status: int) -> None:
    key = town.places()[whose]

    found = {path: client.get(path.format(key), headers=as_caller(who)).status_code for path in paths}

    assert found == dict.fromkeys(paths, status)


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("path", ["/orders/v1/orders/{}", "/v1/orders/{}"])
def test_a_foreign_order_is_answered_like_one_that_is_not_there(
    client: Client, town: Town, path: str, method: str
) -> None:
    foreign = getattr(client, method)(path.format(town.bobs), headers=as_caller("ada"))
    absent = getattr(client, method)(path.format(10**6), headers=as_caller("ada"))

    assert foreign.status_code == absent.status_code == 404
    assert foreign.content.decode().replace(f"order {town.bobs}.", "order 1000000.") == absent.content.decode()


ANY_STATE = {"if-match": "*"}
CHANGES = ("/v1/orders/{}/cancel", "/v2/orders/{}/cancel", "/orders/v1/orders/{}/cancel", "/orders/v2/orders/{}/cancel")


@pytest.mark.parametrize("path", CHANGES)
@pytest.mark.parametrize(
    ("who", "whose", "is_done"),
    [
        ("ada", "own", True),
        ("ada", "foreign", False),
        ("unregistered", "own", False),
        ("office", "foreign", True),
        ("cook", "own", False),
        ("rider", "own", False),
        ("nobody", "own", False),
    ],
)
def test_who_cancels_what(client: Client, town: Town, path: str, who: str, whose: str, *, is_done: bool) -> None:
    order = town.places()[whose]

    answer = post(client, path.format(order), {}, **as_caller(who), **ANY_STATE)

    assert (answer.status_code < 300) is is_done
    assert (Order.objects.get(pk=order).state == "CANCEL_PENDING") is is_done


REVISIONS = ("/v1/orders/{}/revise", "/v2/orders/{}/revise", "/orders/v1/orders/{}/revise")


@pytest.mark.parametrize("path", REVISIONS)
@pytest.mark.parametrize(("who", "is_done"), [("ada", False), ("bob", True), ("unregistered", False), ("office", True)])
def test_who_revises_what(client: Client, town: Town, path: str, who: str, *, is_done: bool) -> None:
    wanted = {"revisedOrderLineItems": [{"menuItemId": "1", "quantity": 3}]}

    answer = post(client, path.format(town.bobs), wanted, **as_caller(who), **ANY_STATE)

    assert (answer.status_code < 300) is is_done
    assert (Order.objects.get(pk=town.bobs).state == "REVISION_PENDING") is is_done


@pytest.mark.parametrize("path", ["/v1/orders", "/v2/orders", "/orders/v1/orders", "/orders/v2/orders"])
@pytest.mark.parametrize(
    ("who", "whose", "refusal"),
    [
        ("ada", "me", 0),
        ("ada", "other", 403),
        ("unregistered", "me", 403),
        ("office", "other", 0),
        ("cook", "me", 403),
        ("nobody", "me", 401),
    ],
)
def test_who_orders_for_whom(client: Client, town: Town, path: str, who: str, whose: str, refusal: int) -> None:
    answer = post(client, path, town.order_of(town.places()[whose]), **as_caller(who))

    assert (answer.status_code if answer.status_code >= 300 else 0) == refusal
    assert Order.objects.count() == (2 if refusal else 3)


@pytest.mark.parametrize("path", ["/v1/consumers", "/v2/consumers", "/consumers/v1/consumers"])
@pytest.mark.parametrize(("who", "refusal"), [("unregistered", 0), ("ada", 409), ("office", 0), ("cook", 403)])
def test_who_registers(client: Client, town: Town, path: str, who: str, refusal: int) -> None:
    answer = post(client, path, {"name": {"firstName": "Eve", "lastName": "L."}}, **as_caller(who))

    assert (answer.status_code if answer.status_code >= 300 else 0) == refusal


LISTS = (
    "/v1/orders",
    "/v1/orders?consumerId={other}",
    "/v1/orders?consumerId={me}",
    "/order_history/v1/orders",
    "/order_history/v2/orders",
    "/order_history/v2/orders?consumerId={other}",
    "/orders/v2/orders",
    "/orders/orders",
)


@pytest.mark.parametrize("path", LISTS)
def test_a_list_has_only_what_is_the_callers(client: Client, town: Town, path: str) -> None:
    shown = client.get(path.format(**town.places()), headers=as_caller("ada")).json()["orders"]
    lost = client.get(path.format(**town.places()), headers=as_caller("unregistered")).json()["orders"]

    assert [order["orderId"] for order in shown] == ([] if "{other}" in path else [town.adas])
    assert lost == []


@pytest.mark.parametrize("path", ["/v1/orders", "/order_history/v2/orders", "/orders/v2/orders"])
def test_staff_have_the_whole_list(client: Client, town: Town, path: str) -> None:
    shown = client.get(path, headers=as_caller("office")).json()["orders"]

    assert [order["orderId"] for order in shown] == [town.bobs, town.adas]


def test_the_composed_order_has_all_parts_for_its_consumer(client: Client, town: Town) -> None:
    body = client.get(f"/v1/orders/{town.adas}", headers=as_caller("ada")).json()

    assert body["degraded"] == []
    assert {"orderInfo", "ticketInfo", "deliveryInfo", "billInfo"} <= body.keys()


def graphql(client: Client, who: str, query: str) -> Any:
    return post(client, "/graphql", {"query": query}, **as_caller(who)).json()


EVERYTHING = "id state orderTotal consumer { firstName } ticket { state } delivery { state } bill { state }"


def test_graphql_shows_a_consumer_what_is_theirs(client: Client, town: Town) -> None:
    query = f"""{{ own: order(id: {town.adas}) {{ {EVERYTHING} }} foreign: order(id: {town.bobs}) {{ {EVERYTHING} }}
        mine: orders(consumerId: {town.ada}) {{ id }} others: orders(consumerId: {town.bob}) {{ id }}
        me: consumer(id: {town.ada}) {{ firstName }} other: consumer(id: {town.bob}) {{ firstName }} }}"""

    answer = graphql(client, "ada", query)

    assert answer["data"]["own"]["consumer"] == {"firstName": "Ada"}
    assert None not in answer["data"]["own"].values()
    assert answer["data"]["mine"] == [{"id": str(town.adas)}]
    assert answer["data"]["me"] == {"firstName": "Ada"}
    assert (answer["data"]["foreign"], answer["data"]["others"], answer["data"]["other"]) == (None, [], None)
    assert "errors" not in answer


def test_graphql_shows_staff_everything(client: Client, town: Town) -> None:
    query = f"{{ order(id: {town.bobs}) {{ {EVERYTHING} }} orders(consumerId: {town.bob}) {{ id }} }}"

    answer = graphql(client, "office", query)

    assert None not in answer["data"]["order"].values()
    assert answer["data"]["orders"] == [{"id": str(town.bobs)}]


@pytest.mark.parametrize(
    ("mutation", "code"),
    [
        ("cancelOrder(id: {bobs}) {{ state }}", "not_found"),
        ("reviseOrder(id: {bobs}, lineItems: [{{menuItemId: \"1\", quantity: 3}}]) {{ state }}", "not_found"),
        ("createOrder(order: {order}) {{ state }}", "not_yours"),
        ("createConsumer(firstName: \"Eve\", lastName: \"L.\") {{ id }}", "already_registered"),
    ],
)  # fmt: skip
def test_graphql_changes_nothing_of_others(client: Client, town: Town, mutation: str, code: str) -> None:
    order = f"""{{consumerId: {town.bob}, restaurantId: {town.restaurant}, deliveryTime: "2030-01-01T12:00Z",
        deliveryAddress: {{street1: "1 Main Street", city: "Oakland", state: "CA", zip: "94611"}},
        lineItems: [{{menuItemId: "1", quantity: 2}}]}}"""

    answer = graphql(client, "ada", f"mutation {{ {mutation.format(bobs=town.bobs, order=order)} }}")

    assert answer["errors"][0]["extensions"]["code"] == code
    assert set(Order.objects.values_list("state", flat=True)) == {"APPROVED"}
    assert Order.objects.count() == 2


def json_graph(client: Client, who: str, *paths: list[Any]) -> Any:
    query = {"method": "get", "paths": json.dumps(paths)}
    return client.get("/model.json", query, headers=as_caller(who)).json()["jsonGraph"]


def test_json_graph_shows_a_consumer_what_is_theirs(client: Client, town: Town) -> None:
    graph = json_graph(
        client,
        "ada",
        ["ordersById", [town.adas, town.bobs], ["state", "consumer"]],
        ["consumersById", [town.ada, town.bob], "firstName"],
        ["consumersById", [town.ada, town.bob], "orders", "length"],
    )

    missing = {"$type": "atom"}
    assert graph["ordersById"][str(town.adas)]["state"] == "APPROVED"
    assert graph["ordersById"][str(town.bobs)] == {"state": missing, "consumer": missing}
    assert graph["consumersById"][str(town.ada)] == {"firstName": "Ada", "orders": {"length": 1}}
    assert graph["consumersById"][str(town.bob)] == {"firstName": missing, "orders": {"length": 0}}


@pytest.mark.parametrize("what", ["cancel", "create"])
def test_json_graph_changes_nothing_of_others(client: Client, town: Town, what: str) -> None:
    path = {"cancel": ["ordersById", town.bobs, "cancel"], "create": ["orders", "create"]}[what]
    arguments = {"cancel": [], "create": [town.order_of(town.bob)]}[what]
    form = urlencode({"method": "call", "callPath": json.dumps(path), "arguments": json.dumps(arguments)})

    answer = client.post(
        "/model.json", form, content_type="application/x-www-form-urlencoded", headers=as_caller("ada")
    )

    code = {"cancel": "not_found", "create": "not_yours"}[what]
    assert code in answer.content.decode()
    assert set(Order.objects.values_list("state", flat=True)) == {"APPROVED"}
    assert Order.objects.count() == 2


def test_without_authentication_everything_is_as_before(client: Client, town: Town, settings: Any) -> None:
    settings.GATEWAY = {"DEADLINE_SECONDS": 20.0}

    shown = [client.get(path.format(town.bobs)).status_code for path in (*ORDER, *TICKET, *DELIVERY, *BILL)]
    listed = client.get("/orders/v2/orders").json()["orders"]

    assert set(shown) == {200}
    assert len(listed) == 2
