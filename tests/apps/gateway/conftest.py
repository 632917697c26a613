"""What the tests of the gateway begin with: plain classes in place of the services."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from apps.gateway import parts
from apps.gateway.proxies import Services
from postroad.errors import CallRejected

Behaviour = Callable[[Any], Awaitable[Any]]


def there_is_no(call: str) -> CallRejected:
    return CallRejected(call, status=404, code="not_found", detail="There is no such thing.")


@dataclass
class Town:
    """Every service in one plain object: it notes each call, and a behaviour may replace any answer."""

    calls: list[tuple[str, object]] = field(default_factory=list)
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    orders_of: dict[int, list[int]] = field(default_factory=lambda: {5: [99, 98]})
    restaurants: list[int] = field(default_factory=lambda: [7, 8])
    page_rows: int = 20

    def services(self) -> Services:
        each: Any = {name: _Service(self, name) for name in Services.__slots__}
        return Services(**each)

    def times(self, call: str) -> int:
        return sum(1 for name, _ in self.calls if name == call)

    async def answer(self, call: str, key: Any, rest: tuple[Any, ...]) -> Any:
        self.calls.append((call, key))
        behaviour = self.behaviours.get(call)
        if behaviour is not None:
            return await behaviour(key)
        return getattr(self, call.replace(".", "_"))(key, *rest)

    def orders_order(self, key: int) -> parts.Order:
        if key > 900:
            raise there_is_no("orders.order")
        return parts.Order(order_id=key, state="APPROVED", order_total="24.68")

    def orders_contents(self, key: int) -> parts.OrderContents | None:
        line = parts.OrderedLine(menu_item_id="1", quantity=2, name="Vindaloo", price="12.34")
        return None if key > 900 else parts.OrderContents(key, 5, 7, "2030-01-01T12:00:00Z", [line])

    def orders_create(self, body: Any) -> parts.OrderId:
        return parts.OrderId(order_id=100)

    def orders_cancel(self, key: int) -> parts.Order:
        return parts.Order(order_id=key, state="CANCEL_PENDING", order_total="24.68")

    def orders_revise(self, key: int, body: Any) -> parts.Order:
        return parts.Order(order_id=key, state="REVISION_PENDING", order_total="24.68")

    def order_history_orders(self, key: int, start_key: str | None = None) -> parts.OrderPage:
        begin = int(start_key or 0)
        ids = self.orders_of.get(key, [])
        page, end = ids[begin : begin + self.page_rows], begin + self.page_rows
        return parts.OrderPage([parts.ListedOrder(each) for each in page], str(end) if end < len(ids) else None)

    def kitchen_ticket(self, key: int) -> parts.Ticket | None:
        return parts.Ticket(ticket_id=key, order_id=key, restaurant_id=7, state="ACCEPTED")

    def delivery_delivery(self, key: int) -> parts.Delivery | None:
        return parts.Delivery(parts.DeliveryState(id=key, state="SCHEDULED"), 3)

    def delivery_courier(self, key: int) -> parts.Courier | None:
        return parts.Courier(courier_id=key, available=True)

    def delivery_change_availability(self, key: int, body: parts.Availability) -> parts.Courier:
        return parts.Courier(courier_id=key, available=body.available)

    def accounting_bill(self, key: int) -> parts.Bill | None:
        return parts.Bill(order_id=key, account_id=5, state="AUTHORIZED", amount="24.68")

    def consumers_consumer(self, key: int) -> parts.Consumer | None:
        return None if key > 900 else parts.Consumer(key, parts.Name("Ada", "Lovelace"))

    def consumers_create(self, body: parts.NewConsumer) -> parts.ConsumerId:
        return parts.ConsumerId(consumer_id=6)

    def restaurants_restaurant(self, key: int) -> parts.Restaurant | None:
        menu = parts.Menu([parts.MenuItem(id="1", name="Vindaloo", price="12.34")])
        return None if key > 900 else parts.Restaurant(key, f"Restaurant {key}", menu)

    def restaurants_restaurants(self, key: str | None) -> parts.RestaurantPage:
        return parts.RestaurantPage([parts.ListedRestaurant(each, str(each)) for each in self.restaurants])


class _Service:
    def __init__(self, town: Town, name: str) -> None:
        self._town, self._name = town, name

    def __getattr__(self, method: str) -> Callable[..., Awaitable[Any]]:
        def call(key: Any = None, *rest: Any) -> Awaitable[Any]:
            return self._town.answer(f"{self._name}.{method}", key, rest)

        return call


@pytest.fixture
def town() -> Town:
    return Town()
