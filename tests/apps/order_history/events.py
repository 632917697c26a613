"""Events that the tests of order_history deliver as if from the broker."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from apps.orders.messages import Address, LineItem, OrderCreated
from postroad import Message
from postroad.context import Current, working
from postroad.ids import new_id

M = TypeVar("M", bound=Message)

VINDALOO = LineItem(menu_item_id="1", name="Chicken Vindaloo", price=Decimal("12.34"), quantity=2)
NAAN = LineItem(menu_item_id="2", name="Naan", price=Decimal("0.50"), quantity=1)
NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)


def deliver(handler: Callable[[M], None], event: M, *, event_id: str = "") -> str:
    """Let a use-case handle an event; return the event's id, a new one unless it is given."""
    event_id = event_id or new_id()
    with working(Current(service="order_history", message_id=event_id)):
        handler(event)
    return event_id


def order_created(
    order_id: int = 99,
    *,
    consumer_id: int = 5,
    created_at: datetime = NOON,
    restaurant_name: str = "Ajanta",
    line_items: tuple[LineItem, ...] = (VINDALOO, NAAN),
) -> OrderCreated:
    """Return an order's first event."""
    return OrderCreated(
        order_id=order_id,
        consumer_id=consumer_id,
        restaurant_id=7,
        restaurant_name=restaurant_name,
        line_items=line_items,
        order_total=Decimal("25.18"),
        delivery_address=Address(street1="9 Amazing View", city="Oakland", state="CA", zip="94612"),
        delivery_time=datetime(2030, 1, 2, 18, 30, tzinfo=UTC),
        created_at=created_at,
    )
