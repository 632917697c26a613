"""A program as a client's author writes it, with the package that is generated from the document of orders.

`test_typed_client.py` makes `orders_client`, has this checked by mypy and calls it.
"""

from datetime import UTC, datetime

from orders_client import Client
from orders_client.api.orders import create_order, create_order_v2, get_order, get_order_v2, revise_order_v2
from orders_client.models import (
    Address,
    CreateOrder,
    Error,
    LineItem,
    Order,
    OrderCreated,
    OrderResource,
    Problem,
    RevisedLineItem,
    ReviseOrder,
)
from orders_client.models.state_enum import StateEnum


def wanted(*, consumer_id: int, restaurant_id: int, quantity: int = 2) -> CreateOrder:
    """Return an order that has not been placed."""
    return CreateOrder(
        consumer_id=consumer_id,
        restaurant_id=restaurant_id,
        delivery_address=Address(street1="1 Main Street", city="Oakland", state="CA", zip_="94611"),
        delivery_time=datetime(2030, 1, 1, 12, tzinfo=UTC),
        line_items=[LineItem(menu_item_id="1", quantity=quantity)],
    )


def place(client: Client, order: CreateOrder) -> OrderResource | Problem | None:
    """Place an order, in version 2."""
    return create_order_v2.sync(client=client, body=order)


def find(client: Client, order_id: int) -> OrderResource | Problem | None:
    """Show an order, in version 2."""
    return get_order_v2.sync(order_id, client=client)


def place_v1(client: Client, order: CreateOrder) -> OrderCreated | Error | None:
    """Place an order, in version 1."""
    return create_order.sync(client=client, body=order)


def find_v1(client: Client, order_id: int) -> Order | Error | None:
    """Show an order, in version 1."""
    return get_order.sync(order_id, client=client)


def revise(client: Client, order_id: int, quantity: int) -> OrderResource | Problem | None:
    """Order another quantity, whatever the order's present state."""
    body = ReviseOrder(revised_order_line_items=[RevisedLineItem(menu_item_id="1", quantity=quantity)])
    return revise_order_v2.sync(order_id, client=client, body=body, if_match="*")


def mistakes(order: OrderResource) -> None:
    """Show what the types refuse: mypy fails where there is nothing to ignore."""
    order.total = "0.00"  # type: ignore[attr-defined]
    order.state = "GONE"  # type: ignore[assignment]
    order.delivery_time = "noon"  # type: ignore[assignment]
    wanted(consumer_id="1", restaurant_id=1)  # type: ignore[arg-type]
    CreateOrder(consumer_id=1)  # type: ignore[call-arg]
    order.state = StateEnum.APPROVED
