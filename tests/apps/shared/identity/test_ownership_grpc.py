"""Who sees what over gRPC: the same table as over REST, in gRPC's statuses."""

import grpc
import pytest
from pytest_django import Settings

from apps.accounting.models import Account
from apps.accounting.rpc.v1.accounting_pb2 import GetAccountRequest, GetBillRequest
from apps.accounting.rpc.v1.accounting_pb2_grpc import AccountingStub
from apps.kitchen.rpc.v1.kitchen_pb2 import GetTicketRequest
from apps.kitchen.rpc.v1.kitchen_pb2_grpc import KitchenStub
from apps.orders.rpc.v1.orders_pb2 import GetOrderRequest, ListOrdersRequest, WatchOrderRequest
from apps.orders.rpc.v1.orders_pb2_grpc import OrdersStub
from apps.shared.identity.caller import Caller
from apps.shared.identity.conf import settings as identity_settings
from apps.shared.identity.tokens import signed
from tests.apps.shared.identity.conftest import Town

pytestmark = pytest.mark.django_db(transaction=True)

ROLES = {
    "ada": frozenset({"consumer"}),
    "unregistered": frozenset({"consumer"}),
    "office": frozenset({"staff"}),
    "cook": frozenset({"restaurant"}),
    "rider": frozenset({"courier"}),
}


def metadata(town: Town, who: str) -> tuple[tuple[str, str], ...]:
    """Return what the gateway would send for somebody."""
    if who == "nobody":
        return ()
    consumer_id = {"ada": town.ada}.get(who)
    caller = Caller(name=who, roles=ROLES[who], consumer_id=consumer_id)
    return (("authorization", f"Bearer {signed(caller, identity_settings())}"),)


def code_of(channel: grpc.Channel, town: Town, who: str, call: str, order: int) -> str:
    """Return gRPC's status of a call."""
    with_token = {"timeout": 10, "metadata": metadata(town, who)}
    try:
        match call:
            case "GetOrder":
                OrdersStub(channel).GetOrder(GetOrderRequest(order_id=order), **with_token)
            case "WatchOrder":
                stream = OrdersStub(channel).WatchOrder(WatchOrderRequest(order_id=order), **with_token)
                next(stream)
                stream.cancel()
            case "GetTicket":
                KitchenStub(channel).GetTicket(GetTicketRequest(ticket_id=order), **with_token)
            case "GetBill":
                AccountingStub(channel).GetBill(GetBillRequest(order_id=order), **with_token)
            case _:
                account = Account.objects.order_by("pk")[1].pk
                AccountingStub(channel).GetAccount(GetAccountRequest(account_id=account), **with_token)
    except grpc.RpcError as error:
        code: str = error.code().name
        return code
    return "OK"


FORBIDDEN, ABSENT, UNKNOWN = "PERMISSION_DENIED", "NOT_FOUND", "UNAUTHENTICATED"
#                ada own, ada foreign, unregistered, office, cook, rider, nobody
CALLS = {
    "GetOrder": ("OK", ABSENT, ABSENT, "OK", FORBIDDEN, FORBIDDEN, UNKNOWN),
    "WatchOrder": ("OK", ABSENT, ABSENT, "OK", FORBIDDEN, FORBIDDEN, UNKNOWN),
    "GetTicket": ("OK", ABSENT, ABSENT, "OK", "OK", FORBIDDEN, UNKNOWN),
    "GetBill": ("OK", ABSENT, ABSENT, "OK", FORBIDDEN, FORBIDDEN, UNKNOWN),
    "GetAccount": (FORBIDDEN, FORBIDDEN, FORBIDDEN, "OK", FORBIDDEN, FORBIDDEN, UNKNOWN),
}


@pytest.mark.parametrize("call", CALLS)
def test_who_asks_what(town: Town, channel: grpc.Channel, call: str) -> None:
    own, foreign = town.adas, town.bobs
    asked = [("ada", own), ("ada", foreign), ("unregistered", own), ("office", foreign)]
    asked += [("cook", own), ("rider", own), ("nobody", own)]

    assert tuple(code_of(channel, town, who, call, order) for who, order in asked) == CALLS[call]


def test_a_list_has_only_what_is_the_callers(town: Town, channel: grpc.Channel) -> None:
    def listed(who: str) -> list[int]:
        answer = OrdersStub(channel).ListOrders(ListOrdersRequest(), timeout=10, metadata=metadata(town, who))
        return [order.order_id for order in answer.orders]

    assert listed("ada") == [town.adas]
    assert listed("unregistered") == []
    assert listed("office") == [town.adas, town.bobs]


def test_without_authentication_everybody_may_ask(town: Town, channel: grpc.Channel, settings: Settings) -> None:
    settings.GATEWAY = {}

    assert {code_of(channel, town, "nobody", call, town.bobs) for call in CALLS} == {"OK"}
