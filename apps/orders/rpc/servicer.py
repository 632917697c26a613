"""The gRPC API of orders, version 1: one method per operation."""

import threading
from collections.abc import Iterator

import grpc
from typing_extensions import override

from apps.orders import models, usecases
from apps.orders.rpc.v1.orders_pb2 import (
    DESCRIPTOR,
    GetOrderRequest,
    ListOrdersRequest,
    ListOrdersResponse,
    Order,
    WatchOrderRequest,
)
from apps.orders.rpc.v1.orders_pb2_grpc import OrdersServicer, add_OrdersServicer_to_server
from apps.orders.rpc.watch import Watch
from apps.shared.rpc import guard_of, invalid, read_id, status_of
from apps.shared.values import cents, parse_id
from postroad import Servicer, connected

_PAGE_ORDERS = 50
_LARGEST_PAGE_ORDERS = 100


class Orders(OrdersServicer):
    """Answers questions about orders."""

    def __init__(self) -> None:
        self._watch = Watch(_look)

    def close(self) -> None:
        """End every watch."""
        self._watch.close()

    @override
    def GetOrder(self, request: GetOrderRequest, context: grpc.ServicerContext) -> Order:
        return _message(usecases.find_order(read_id(request.order_id, field="orderId")))

    @override
    def ListOrders(self, request: ListOrdersRequest, context: grpc.ServicerContext) -> ListOrdersResponse:
        maximum = min(_page_size(request), _LARGEST_PAGE_ORDERS)
        found = usecases.orders_after(after=_read_token(request.page_token), maximum=maximum + 1)
        page = found[:maximum]
        token = str(page[-1].pk) if len(found) > maximum else ""
        return ListOrdersResponse(orders=[_message(order) for order in page], next_page_token=token)

    @override
    def WatchOrder(self, request: WatchOrderRequest, context: grpc.ServicerContext) -> Iterator[Order]:
        order_id = read_id(request.order_id, field="orderId")
        gone = threading.Event()
        context.add_callback(gone.set)
        return self._watch.changes(order_id, gone=gone)


def _look(order_id: int) -> Order:
    with connected():
        return _message(usecases.find_order(order_id))


def _message(order: models.Order) -> Order:
    return Order(
        order_id=order.pk,
        state=order.state,
        order_total=str(cents(order.order_total)),
        rejection_reason=order.rejection_reason or None,
        refused_change=order.refused_change or None,
        refusal_reason=order.refusal_reason or None,
    )


def _page_size(request: ListOrdersRequest) -> int:
    if request.page_size < 0:
        raise invalid(
            "pageSize", f"{request.page_size} is not a page size; send 1 to {_LARGEST_PAGE_ORDERS}, or leave it out."
        )
    return request.page_size or _PAGE_ORDERS


def _read_token(token: str) -> int:
    """Return the id that a page token stands for; 0 for the first page."""
    if not token:
        return 0
    order_id = parse_id(token)
    if order_id is None:
        raise invalid("pageToken", "The page token is invalid; send nextPageToken of the previous page unchanged.")
    return order_id


SERVICERS = (
    Servicer(
        name=DESCRIPTOR.services_by_name["Orders"].full_name,
        make=Orders,
        add=add_OrdersServicer_to_server,
        status_of=status_of,
        guard=guard_of({"GetOrder": "orders", "ListOrders": "orders", "WatchOrder": "orders"}),
        close=Orders.close,
    ),
)
