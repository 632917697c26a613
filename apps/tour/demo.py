"""Places a demo order through REST and follows its saga.  See also: `story`, which prints the saga history."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.tour.client import DemoFailed, Services

REFUSALS = ("card", "consumer", "kitchen")
_APPEAR_SECONDS = 20.0
_END_SECONDS = 30.0
_POLL_SECONDS = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What an order needs before it can be placed: ids of a consumer and a restaurant that knows a menu."""

    consumer_id: int
    restaurant_id: int
    menu_item_id: str


def prepare(services: Services, *, refuse: str = "") -> Scene:
    """Make a consumer and a restaurant and wait for their replicas.

    Args:
        services: Where to call.
        refuse: `card` disables the consumer's account, so that accounting refuses.

    Raises:
        DemoFailed: A replica did not arrive in time.
    """
    name = {"firstName": "Ada", "lastName": "Lovelace"}
    consumer = services.post("consumers", "/v1/consumers", {"name": name})["consumerId"]
    address = {"street1": "1 Main Street", "city": "Oakland", "state": "CA", "zip": "94611"}
    menu = {"menuItems": [{"id": "1", "name": "Chicken Vindaloo", "price": "12.34"}]}
    restaurant = services.post("restaurants", "/v1/restaurants", {"name": "Ajanta", "address": address, "menu": menu})[
        "id"
    ]
    for replica in ("orders", "kitchen"):
        services.until_found(replica, f"/v1/restaurants/{restaurant}", seconds=_APPEAR_SECONDS)
    services.until_found("accounting", f"/v1/accounts/{consumer}", seconds=_APPEAR_SECONDS)
    if refuse == "card":
        services.post("accounting", f"/v1/accounts/{consumer}/disable", {})
    return Scene(consumer_id=consumer, restaurant_id=restaurant, menu_item_id="1")


def place(services: Services, scene: Scene, *, refuse: str = "", quantity: int = 2) -> int:
    """Place one order and return its id.

    Args:
        services: Where to call.
        scene: Consumer and restaurant.
        refuse: `consumer` orders for a consumer who does not exist; `kitchen` is refused by the kitchen, which does
            not take orders of that many items.
        quantity: Portions.
    """
    body = {
        "consumerId": scene.consumer_id + 1_000_000_000 if refuse == "consumer" else scene.consumer_id,
        "restaurantId": scene.restaurant_id,
        "deliveryAddress": {"street1": "9 Amazing View", "city": "Oakland", "state": "CA", "zip": "94612"},
        "deliveryTime": (datetime.now(tz=UTC) + timedelta(hours=1)).isoformat(),
        "lineItems": [{"menuItemId": scene.menu_item_id, "quantity": quantity}],
    }
    order: int = services.post("orders", "/v1/orders", body)["orderId"]
    return order


def follow(services: Services, order: int, *, seconds: float = _END_SECONDS) -> Iterator[dict[str, Any]]:
    """Yield the order's saga history each time it has changed, the last time when the saga has ended.

    Raises:
        DemoFailed: The saga has not ended in time.
    """
    until, seen = time.monotonic() + seconds, None
    while time.monotonic() < until:
        journey = services.get("orders", f"/v1/orders/{order}/journey")
        if journey != seen:
            seen = journey
            yield journey
        if journey["state"] in ("APPROVED", "REJECTED"):
            return
        time.sleep(_POLL_SECONDS)
    raise DemoFailed(f"order {order} is still pending after {seconds:g} s; look at 'manage.py sagas show {order}'.")


def wait_for(
    services: Services, orders: list[int], *, seconds: float, tell: Callable[[int, int], None]
) -> dict[str, int]:
    """Wait until every order has ended; return how many ended in which state.

    Args:
        services: Where to call.
        orders: Order ids.
        seconds: Longest wait.
        tell: Called with (ended, all) as orders end.
    """
    states: dict[int, str] = {}
    until = time.monotonic() + seconds
    while len(states) < len(orders) and time.monotonic() < until:
        for order in orders:
            if order not in states:
                state = services.get("orders", f"/v1/orders/{order}")["state"]
                if state in ("APPROVED", "REJECTED"):
                    states[order] = state
        tell(len(states), len(orders))
        time.sleep(0.1)
    counts = {state: list(states.values()).count(state) for state in sorted(set(states.values()))}
    missing = len(orders) - len(states)
    return {**counts, **({"PENDING": missing} if missing else {})}
