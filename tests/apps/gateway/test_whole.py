"""The gateway before all services in one process: an order from its placing to its details."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from postroad.testing import Pump

ADDRESS = {"street1": "1 Main Street", "city": "Oakland", "state": "CA", "zip": "94611"}
FORM = "application/x-www-form-urlencoded"
MENU = {"menuItems": [{"id": "1", "name": "Vindaloo", "price": "12.34"}]}


def post(client: Client, path: str, body: object) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


pytestmark = pytest.mark.django_db(transaction=True)  # a call in process looks at the connections when it ends


@pytest.fixture
def placed(client: Client) -> dict[str, int]:
    """A consumer, a restaurant and an order, all made through the gateway, with everything done that follows."""
    pump = Pump()
    consumer = post(client, "/v1/consumers", {"name": {"firstName": "Ada", "lastName": "Lovelace"}}).json()
    restaurant = post(client, "/v1/restaurants", {"name": "Ajanta", "address": ADDRESS, "menu": MENU}).json()
    pump.until_quiet()
    order = {
        "consumerId": consumer["consumerId"],
        "restaurantId": restaurant["id"],
        "deliveryAddress": ADDRESS,
        "deliveryTime": "2030-01-01T12:00:00Z",
        "lineItems": [{"menuItemId": "1", "quantity": 2}],
    }
    placed = post(client, "/v1/orders", order).json()
    pump.until_quiet()
    pump.close()
    return {"order": placed["orderId"], "consumer": consumer["consumerId"], "restaurant": restaurant["id"]}


def test_an_order_is_shown_with_ticket_delivery_and_bill(client: Client, placed: dict[str, int]) -> None:
    order = placed["order"]

    answer = client.get(f"/v1/orders/{order}")

    assert answer.status_code == 200
    body = answer.json()
    assert body["orderInfo"] == {"orderId": order, "state": "APPROVED", "orderTotal": "24.68"}
    assert body["ticketInfo"]["state"] == "AWAITING_ACCEPTANCE"
    assert body["deliveryInfo"] == {"id": order, "state": "PENDING", "assignedCourier": None, "courierActions": []}
    assert body["billInfo"]["amount"] == "24.68"
    assert body["degraded"] == []


def test_the_orders_of_a_consumer_come_from_the_history(client: Client, placed: dict[str, int]) -> None:
    answer = client.get(f"/v1/orders?consumerId={placed['consumer']}")

    assert [order["orderId"] for order in answer.json()["orders"]] == [placed["order"]]


def test_an_unknown_order_is_not_found(client: Client) -> None:
    answer = client.get("/v1/orders/404")

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"
    assert answer.json()["detail"] == "There is no order 404."


def test_a_kitchen_accepts_through_the_gateway(client: Client, placed: dict[str, int]) -> None:
    answer = post(client, f"/v1/tickets/{placed['order']}/accept", {"readyBy": "2030-01-01T11:30:00Z"})

    assert answer.status_code == 200
    assert answer.json()["state"] == "ACCEPTED"


def test_a_body_that_the_owner_refuses_is_answered_in_the_owners_words(client: Client) -> None:
    answer = post(client, "/v1/consumers", {"name": {"firstName": "", "lastName": 5}})

    assert answer.status_code == 400
    assert sorted(answer.json()["fields"]) == ["name.firstName", "name.lastName"]


def graphql(client: Client, query: str) -> Any:
    return post(client, "/graphql", {"query": query})


def test_graphql_shows_the_same_order(client: Client, placed: dict[str, int]) -> None:
    query = f"""{{ orders(consumerId: {placed["consumer"]}) {{ id state orderTotal restaurant {{ name }} bill {{ state }} }}
                   restaurants {{ name }} consumer(id: {placed["consumer"]}) {{ firstName }} }}"""

    answer = graphql(client, query)

    assert answer.status_code == 200
    order = {"id": str(placed["order"]), "state": "APPROVED", "orderTotal": "24.68"}
    assert answer.json() == {
        "data": {
            "orders": [{**order, "restaurant": {"name": "Ajanta"}, "bill": {"state": "AUTHORIZED"}}],
            "restaurants": [{"name": "Ajanta"}],
            "consumer": {"firstName": "Ada"},
        }
    }


def test_graphql_places_and_cancels_an_order(client: Client, placed: dict[str, int]) -> None:
    order = f"""{{consumerId: {placed["consumer"]}, restaurantId: {placed["restaurant"]}, deliveryTime: "2030-01-01T12:00Z",
        deliveryAddress: {{street1: "1 Main Street", city: "Oakland", state: "CA", zip: "94611"}},
        lineItems: [{{menuItemId: "1", quantity: 2}}]}}"""

    made = graphql(client, f"mutation {{ createOrder(order: {order}) {{ state }} }}")
    cancelled = graphql(client, f"mutation {{ cancelOrder(id: {placed['order']}) {{ state }} }}")
    again = graphql(client, f"mutation {{ cancelOrder(id: {placed['order']}) {{ state }} }}")

    assert made.json() == {"data": {"createOrder": {"state": "APPROVAL_PENDING"}}}
    assert cancelled.json() == {"data": {"cancelOrder": {"state": "CANCEL_PENDING"}}}
    assert again.json()["errors"][0]["extensions"]["code"] == "illegal_transition"


def test_graphql_by_get_answers_queries_and_shows_the_schema(client: Client, placed: dict[str, int]) -> None:
    query = "query($id: ID!) { order(id: $id) { state } }"

    answer = client.get("/graphql", {"query": query, "variables": json.dumps({"id": placed["order"]})})
    schema = client.get("/graphql")
    change = client.get("/graphql", {"query": "mutation { cancelOrder(id: 1) { id } }"})

    assert answer.json() == {"data": {"order": {"state": "APPROVED"}}}
    assert b"type Query" in schema.content
    assert change.status_code == 405


def test_json_graph_shows_the_same_order(client: Client, placed: dict[str, int]) -> None:
    paths = [["ordersById", placed["order"], ["state", "restaurant"], "name"], ["restaurants", ["length", 0], "name"]]

    answer = client.get("/model.json", {"method": "get", "paths": json.dumps(paths)})

    restaurant = {"$type": "ref", "value": ["restaurantsById", placed["restaurant"]]}
    assert answer.json() == {
        "jsonGraph": {
            "ordersById": {str(placed["order"]): {"state": "APPROVED", "restaurant": restaurant}},
            "restaurants": {"length": 1, "0": restaurant},
            "restaurantsById": {str(placed["restaurant"]): {"name": "Ajanta"}},
        }
    }


def test_json_graph_sets_a_courier_and_calls_an_order(client: Client, placed: dict[str, int]) -> None:
    graph = {"couriersById": {"3": {"available": True}}}
    envelope = {"jsonGraph": graph, "paths": [["couriersById", 3, "available"]]}

    as_form = client.post(
        "/model.json", urlencode({"method": "set", "jsonGraph": json.dumps(envelope)}), content_type=FORM
    )
    call = {"method": "call", "callPath": json.dumps(["ordersById", placed["order"], "cancel"]), "arguments": "[]"}
    cancelled = client.post("/model.json", urlencode(call), content_type=FORM)

    assert as_form.json()["jsonGraph"] == graph
    assert client.get("/v1/couriers/3").json()["available"] is True
    assert cancelled.json()["jsonGraph"]["ordersById"][str(placed["order"])]["state"] == "CANCEL_PENDING"


def test_the_gateway_describes_itself(client: Client) -> None:
    document = client.get("/gateway/openapi.json").json()

    assert sorted(document["paths"]) == ["/graphql", "/model.json", "/v1/orders/{orderId}"]
    assert client.get("/gateway/docs/").status_code == 200


def test_the_start_page_and_the_services_stay_where_they_are(client: Client, placed: dict[str, int]) -> None:
    assert client.get("/").status_code == 200
    assert client.get(f"/orders/v1/orders/{placed['order']}").json()["state"] == "APPROVED"
