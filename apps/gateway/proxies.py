"""The gateway's proxies: the interface of each service, with deadline and fallback of each call, and the owner of each path.

Transport and addresses are settings (`POSTROAD["TRANSPORT"]`, and those of discovery).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import apps.accounting.rpc.v1.accounting_pb2  # these three modules describe the gRPC methods named below
import apps.kitchen.rpc.v1.kitchen_pb2
import apps.orders.rpc.v1.orders_pb2  # noqa: F401 - loaded by the import
from apps.gateway.parts import (
    Availability,
    Bill,
    Body,
    Consumer,
    ConsumerId,
    Courier,
    Delivery,
    NewConsumer,
    Order,
    OrderContents,
    OrderId,
    OrderPage,
    Restaurant,
    RestaurantPage,
    Ticket,
)
from apps.shared.identity.caller import current_caller
from postroad import cached, get, post, proxy
from postroad.calls.client import calls

PART_SECONDS = 0.5
"""Seconds for a part that is not essential: half of the whole, so that an order is shown even if a part is slow."""

KEPT_SECONDS = 60
"""Maximum age, in seconds, of a cached part that is shown while its service is unavailable."""

OWNERS = {
    "orders": "orders",
    "consumers": "consumers",
    "restaurants": "restaurants",
    "tickets": "kitchen",
    "deliveries": "delivery",
    "couriers": "delivery",
    "accounts": "accounting",
    "bills": "accounting",
}
"""First part of a path after the version → the service to which it is forwarded."""

HISTORY = "order_history"
"""Answers questions about many orders."""


def caller_token() -> Mapping[str, str]:
    """Return the headers that identify the caller to the services."""
    token = current_caller().token
    return {"authorization": f"Bearer {token}"} if token else {}


@proxy("orders", headers=caller_token)
class Orders(Protocol):
    """Proxy of the service that owns orders."""

    @get("/v1/orders/{order_id}", grpc="postroad.orders.v1.Orders/GetOrder")
    async def order(self, order_id: int) -> Order:
        """Return an order; an unknown one raises `CallRejected` with status 404."""
        ...

    @get("/v1/orders/{order_id}/contents")
    async def contents(self, order_id: int) -> OrderContents | None:
        """Return what was ordered, by whom and where."""
        ...

    @post("/v1/orders")
    async def create(self, body: Body) -> OrderId:
        """Place an order."""
        ...

    @post("/v1/orders/{order_id}/cancel")
    async def cancel(self, order_id: int) -> Order:
        """Begin to cancel an order."""
        ...

    @post("/v1/orders/{order_id}/revise")
    async def revise(self, order_id: int, body: Body) -> Order:
        """Begin to revise an order."""
        ...


@proxy("order_history", headers=caller_token)
class OrderHistory(Protocol):
    """Proxy of the order history."""

    @get("/v1/orders")
    async def orders(self, consumer_id: int, start_key: str | None = None) -> OrderPage:
        """Return a page of a consumer's orders, newest first."""
        ...


@proxy("kitchen", headers=caller_token)
class Kitchen(Protocol):
    """Proxy of the service that owns tickets."""

    @get(
        "/v1/tickets/{ticket_id}",
        grpc="postroad.kitchen.v1.Kitchen/GetTicket",
        deadline=PART_SECONDS,
        otherwise=cached(seconds=KEPT_SECONDS),
    )
    async def ticket(self, ticket_id: int) -> Ticket | None:
        """Return the ticket of an order, which has the order's id."""
        ...


@proxy("delivery", headers=caller_token)
class Deliveries(Protocol):
    """Proxy of the service that owns deliveries and couriers."""

    @get("/v1/deliveries/{delivery_id}", deadline=PART_SECONDS, otherwise=cached(seconds=KEPT_SECONDS))
    async def delivery(self, delivery_id: int) -> Delivery | None:
        """Return the delivery of an order, which has the order's id."""
        ...

    @get("/v1/couriers/{courier_id}")
    async def courier(self, courier_id: int) -> Courier | None:
        """Return a courier."""
        ...

    @post("/v1/couriers/{courier_id}/availability", idempotent=True)
    async def change_availability(self, courier_id: int, body: Availability) -> Courier:
        """Set whether a courier accepts further deliveries."""
        ...


@proxy("accounting", headers=caller_token)
class Accounting(Protocol):
    """Proxy of the service that owns bills."""

    @get(
        "/v1/bills/{order_id}",
        grpc="postroad.accounting.v1.Accounting/GetBill",
        deadline=PART_SECONDS,
        otherwise=cached(seconds=KEPT_SECONDS),
    )
    async def bill(self, order_id: int) -> Bill | None:
        """Return what an order is charged."""
        ...


@proxy("consumers", headers=caller_token)
class Consumers(Protocol):
    """Proxy of the service that owns consumers."""

    @get("/v1/consumers/{consumer_id}")
    async def consumer(self, consumer_id: int) -> Consumer | None:
        """Return a consumer."""
        ...

    @post("/v1/consumers")
    async def create(self, body: NewConsumer) -> ConsumerId:
        """Register a consumer."""
        ...


@proxy("restaurants", headers=caller_token)
class Restaurants(Protocol):
    """Proxy of the service that owns restaurants."""

    @get("/v1/restaurants")
    async def restaurants(self, start_key: str | None = None) -> RestaurantPage:
        """Return a page of all restaurants, in the order in which they joined."""
        ...

    @get("/v1/restaurants/{restaurant_id}")
    async def restaurant(self, restaurant_id: int) -> Restaurant | None:
        """Return a restaurant with its menu."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """All proxies of the gateway; tests pass plain classes."""

    orders: Orders
    order_history: OrderHistory
    kitchen: Kitchen
    delivery: Deliveries
    accounting: Accounting
    consumers: Consumers
    restaurants: Restaurants


@lru_cache(maxsize=1)
def services() -> Services:
    """Return this process's proxies, configured by the settings; created at the first request."""
    made = calls()
    return Services(
        orders=made.client_of(Orders),
        order_history=made.client_of(OrderHistory),
        kitchen=made.client_of(Kitchen),
        delivery=made.client_of(Deliveries),
        accounting=made.client_of(Accounting),
        consumers=made.client_of(Consumers),
        restaurants=made.client_of(Restaurants),
    )
