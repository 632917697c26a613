"""What happens to deliveries in the tests: events as if from the broker, and couriers who come and go."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from apps.delivery.models import Courier
from apps.delivery.usecases import change_availability
from apps.kitchen.messages import TicketAccepted, TicketCancelled, TicketPickedUp
from apps.orders.messages import Address, LineItem, OrderCancelled, OrderCreated, OrderRejected
from apps.restaurants.messages import Address as RestaurantAddress
from apps.restaurants.messages import Menu, RestaurantCreated
from postroad import Message, unit_of_work
from postroad.ids import new_id
from postroad.testing import deliver
from tests.support.wire import OnWire, announced_on

SIX = datetime(2030, 1, 2, 18, tzinfo=UTC)
HOUR = timedelta(hours=1)
STREET = {"street1": "1 Main Street", "street2": "", "city": "Oakland", "state": "CA", "zip": "94611"}
VIEW = {"street1": "9 Amazing View", "street2": "", "city": "Oakland", "state": "CA", "zip": "94612"}
AJANTA = RestaurantCreated(
    restaurant_id=7, name="Ajanta", address=RestaurantAddress(**STREET), menu=Menu(menu_items=())
)


def created(order_id: int = 99) -> OrderCreated:
    """Return an order's first event."""
    return OrderCreated(
        order_id=order_id,
        consumer_id=5,
        restaurant_id=7,
        restaurant_name="Ajanta",
        line_items=(LineItem(menu_item_id="1", name="Chicken Vindaloo", price=Decimal("12.34"), quantity=1),),
        order_total=Decimal("12.34"),
        delivery_address=Address(**VIEW),
        delivery_time=SIX,
        created_at=SIX - HOUR,
    )


def accepted(order_id: int = 99, *, ready_by: datetime = SIX) -> TicketAccepted:
    """Return what says when the food is ready."""
    return TicketAccepted(ticket_id=order_id, order_id=order_id, ready_by=ready_by)


PICKED_UP = TicketPickedUp(ticket_id=99, order_id=99)
TICKET_CANCELLED = TicketCancelled(ticket_id=99, order_id=99)
ORDER_CANCELLED = OrderCancelled(order_id=99)
REJECTED = OrderRejected(order_id=99, reason="account_disabled")


def arrive(event: Message) -> str:
    """Let an event arrive at the delivery service; return its id."""
    event_id = new_id()
    arrive_again(event, event_id)
    return event_id


def arrive_again(event: Message, event_id: str) -> None:
    """Let the same delivery of an event arrive once more."""
    deliver(event, message_id=event_id, service="delivery")


def make_available(courier_id: int = 1, *, available: bool = True) -> Courier:
    """Let a courier begin, or end, to take deliveries."""
    with unit_of_work():
        return change_availability(courier_id, available=available)


def happen(*steps: Message | Callable[[], object]) -> None:
    """Let events arrive and couriers come and go, one after another."""
    for step in steps:
        if isinstance(step, Message):
            arrive(step)
        else:
            step()


def interleavings(*sequences: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """Return every order in which things can happen that keep the order within each sequence."""
    if not any(sequences):
        yield ()
    for index, sequence in enumerate(sequences):
        if sequence:
            rest = (*sequences[:index], sequence[1:], *sequences[index + 1 :])
            yield from ((sequence[0], *others) for others in interleavings(*rest))


def announced() -> list[OnWire]:
    """Return the events of deliveries so far."""
    return announced_on("delivery.Delivery")


def announced_names() -> list[str]:
    """Return what the events of deliveries were called."""
    return [name.removeprefix("delivery.Delivery") for name, _ in announced()]
