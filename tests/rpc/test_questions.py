"""The questions of the gRPC APIs, asked with nothing but the generated stubs."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import grpc
import pytest
from django.db import OperationalError
from django.test import Client
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from apps.accounting import usecases as accounting
from apps.accounting.domain import AccountState, BillState
from apps.accounting.messages import AuthorizeCharge
from apps.accounting.rpc.v1 import accounting_pb2
from apps.accounting.rpc.v1.accounting_pb2_grpc import AccountingStub
from apps.consumers.messages import ConsumerCreated
from apps.kitchen.domain import TicketState
from apps.kitchen.models import Ticket
from apps.kitchen.rpc.v1 import kitchen_pb2
from apps.kitchen.rpc.v1.kitchen_pb2_grpc import KitchenStub
from apps.orders import usecases as orders
from apps.orders.domain import OrderState
from apps.orders.models import Order
from apps.orders.rpc.v1 import orders_pb2
from apps.orders.rpc.v1.orders_pb2_grpc import OrdersStub
from apps.shared.values import MAX_ID
from postroad.messaging.outbox.producer import unit_of_work

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)

Refused = tuple[grpc.StatusCode, dict[str, Any]]


@pytest.fixture
def order(db: None) -> Order:
    return place()


@pytest.fixture
def ticket(db: None) -> Ticket:
    made = Ticket.objects.create(id=7, restaurant_id=3, created_at=NOW, state="ACCEPTED", ready_by=NOW)
    made.line_items.create(menu_item_id="1", name="Vindaloo", quantity=2)
    return made


@pytest.fixture
def bill(db: None) -> int:
    with unit_of_work():
        accounting.keep_consumer(ConsumerCreated(consumer_id=5, first_name="Ada", last_name="Lovelace"))
        accounting.authorize_charge(AuthorizeCharge(consumer_id=5, order_id=7, order_total=Decimal("25.10")))
    return 7


def place(**values: Any) -> Order:
    address = {"street1": "1 Main Street", "city": "Oakland", "state": "CA", "zip": "94611"}
    given = {"order_total": Decimal("12.30"), "delivery_address": address, "delivery_time": NOW, "created_at": NOW}
    return Order.objects.create(
        **{"consumer_id": 5, "restaurant_id": 3, "restaurant_name": "Ajanta", **given, **values}
    )


def shown(message: Message) -> dict[str, Any]:
    """Return a message as JSON, with numbers where protobuf writes 64 bits as digits in a string."""
    found = MessageToDict(message, always_print_fields_with_no_presence=True)
    return {name: int(value) if name.endswith("Id") else value for name, value in found.items()}


def rest(client: Client, path: str) -> dict[str, Any]:
    """Return a REST answer, without what is null: protobuf leaves that out."""
    return {name: value for name, value in client.get(path).json().items() if value is not None}


def refused(call: Callable[[], object]) -> Refused:
    """Return the status of a call that has no answer, and the error's body in its trailer."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    error: Any = caught.value
    (body,) = [value for name, value in error.trailing_metadata() if name == "postroad-error-bin"]
    return error.code(), json.loads(body)


def test_an_order_is_shown_as_over_rest(channel: grpc.Channel, client: Client, order: Order) -> None:
    answer = OrdersStub(channel).GetOrder(orders_pb2.GetOrderRequest(order_id=order.pk), timeout=5)

    assert shown(answer) == rest(client, f"/orders/v1/orders/{order.pk}")
    assert shown(answer) == {"orderId": order.pk, "state": "APPROVAL_PENDING", "orderTotal": "12.30"}


def test_reasons_of_an_order_are_shown_as_over_rest(channel: grpc.Channel, client: Client) -> None:
    order = place(state="REJECTED", rejection_reason="limit_exceeded", refused_change="cancel", refusal_reason="why")

    answer = OrdersStub(channel).GetOrder(orders_pb2.GetOrderRequest(order_id=order.pk), timeout=5)

    assert shown(answer) == rest(client, f"/orders/v1/orders/{order.pk}")
    assert shown(answer)["rejectionReason"] == "limit_exceeded"


@pytest.mark.parametrize("state", ["CREATE_PENDING", "ACCEPTED"])
def test_a_ticket_is_shown_as_over_rest(channel: grpc.Channel, client: Client, ticket: Ticket, state: str) -> None:
    Ticket.objects.filter(pk=7).update(state=state, ready_by=NOW if state == "ACCEPTED" else None)

    answer = KitchenStub(channel).GetTicket(kitchen_pb2.GetTicketRequest(ticket_id=7), timeout=5)

    assert shown(answer) == rest(client, "/kitchen/v1/tickets/7")


def test_an_account_and_a_bill_are_shown_as_over_rest(channel: grpc.Channel, client: Client, bill: int) -> None:
    stub = AccountingStub(channel)

    account = stub.GetAccount(accounting_pb2.GetAccountRequest(account_id=5), timeout=5)
    charge = stub.GetBill(accounting_pb2.GetBillRequest(order_id=bill), timeout=5)

    assert shown(account) == rest(client, "/accounting/v1/accounts/5")
    assert shown(charge) == rest(client, "/accounting/v1/bills/7")
    assert shown(charge)["amount"] == "25.10"


def test_what_is_not_there_is_not_found_with_the_body_of_rest(channel: grpc.Channel, client: Client) -> None:
    code, body = refused(lambda: OrdersStub(channel).GetOrder(orders_pb2.GetOrderRequest(order_id=999), timeout=5))

    assert code is grpc.StatusCode.NOT_FOUND
    assert body == client.get("/orders/v1/orders/999").json()


@pytest.mark.parametrize("number", [0, -1, -MAX_ID - 1])
def test_what_is_no_id_is_an_invalid_argument_that_names_the_field(channel: grpc.Channel, number: int) -> None:
    code, body = refused(
        lambda: KitchenStub(channel).GetTicket(kitchen_pb2.GetTicketRequest(ticket_id=number), timeout=5)
    )

    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert body["code"] == "invalid"
    assert list(body["fields"]) == ["ticketId"]


def test_orders_are_listed_a_page_at_a_time(channel: grpc.Channel, db: None) -> None:
    ids = [place().pk for _ in range(3)]
    stub = OrdersStub(channel)

    first = stub.ListOrders(orders_pb2.ListOrdersRequest(page_size=2), timeout=5)
    second = stub.ListOrders(orders_pb2.ListOrdersRequest(page_size=2, page_token=first.next_page_token), timeout=5)

    assert [order.order_id for order in first.orders] == ids[:2]
    assert [order.order_id for order in second.orders] == ids[2:]
    assert second.next_page_token == ""


@pytest.mark.parametrize(
    ("size", "token", "field"), [(-1, "", "pageSize"), (0, "x", "pageToken"), (0, "9" * 19, "pageToken")]
)
def test_a_page_that_cannot_be_is_an_invalid_argument(channel: grpc.Channel, size: int, token: str, field: str) -> None:
    wanted = orders_pb2.ListOrdersRequest(page_size=size, page_token=token)

    code, body = refused(lambda: OrdersStub(channel).ListOrders(wanted, timeout=5))

    assert (code, list(body["fields"])) == (grpc.StatusCode.INVALID_ARGUMENT, [field])


def test_a_watcher_sees_the_order_at_once_until_the_deadline(channel: grpc.Channel, order: Order) -> None:
    stream = OrdersStub(channel).WatchOrder(orders_pb2.WatchOrderRequest(order_id=order.pk), timeout=0.5)

    assert shown(next(stream))["state"] == "APPROVAL_PENDING"
    with pytest.raises(grpc.RpcError) as caught:
        next(stream)
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED  # type: ignore[attr-defined]  # an error is a call


@pytest.mark.parametrize(
    ("number", "expected"), [(999, grpc.StatusCode.NOT_FOUND), (0, grpc.StatusCode.INVALID_ARGUMENT)]
)
def test_a_watch_is_refused_as_a_question_is(channel: grpc.Channel, number: int, expected: grpc.StatusCode) -> None:
    wanted = orders_pb2.WatchOrderRequest(order_id=number)

    code, _ = refused(lambda: next(OrdersStub(channel).WatchOrder(wanted, timeout=5)))

    assert code is expected


def test_a_database_that_is_away_is_unavailable(channel: grpc.Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(order_id: int) -> Order:
        raise OperationalError("connection to server at 10.0.0.7 failed")

    monkeypatch.setattr(orders, "find_order", fail)

    code, body = refused(lambda: OrdersStub(channel).GetOrder(orders_pb2.GetOrderRequest(order_id=1), timeout=5))

    assert code is grpc.StatusCode.UNAVAILABLE
    assert "10.0.0.7" not in str(body)


def test_a_defect_is_logged_and_tells_the_client_nothing(
    channel: grpc.Channel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(order_id: int) -> Order:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(orders, "find_order", fail)

    code, body = refused(lambda: OrdersStub(channel).GetOrder(orders_pb2.GetOrderRequest(order_id=1), timeout=5))

    assert code is grpc.StatusCode.INTERNAL
    assert "secret" not in str(body)
    assert [record.exc_info[1].args for record in caplog.records if record.exc_info] == [("a secret",)]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("contract", "rules"),
    [
        (orders_pb2.Order.State, OrderState),
        (kitchen_pb2.Ticket.State, TicketState),
        (accounting_pb2.Account.State, AccountState),
        (accounting_pb2.Bill.State, BillState),
    ],
)
def test_the_contract_has_every_state_of_the_rules(contract: Any, rules: Any) -> None:
    assert set(contract.keys()) == {"STATE_UNSPECIFIED", *rules}
