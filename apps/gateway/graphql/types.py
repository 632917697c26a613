"""The object types of the GraphQL schema, one for each business object.  See also: `schema`, its queries and mutations.

An object holds its id; the loaders of the request load its fields on demand.
"""

from collections.abc import Awaitable
from typing import Annotated, TypeVar

import strawberry

from apps.gateway import parts
from apps.gateway.graphql.limits import FIRST, MAX_FIRST
from apps.gateway.loaders import Loaders
from apps.gateway.problems import Refused
from apps.shared.values import parse_id

Info = strawberry.Info[Loaders, None]
T = TypeVar("T")


def shown_id(number: int) -> strawberry.ID:
    """Return a number as an id."""
    return strawberry.ID(str(number))


def page(ids: list[int], *, first: int, after: strawberry.ID | None) -> list[int]:
    """Return a page of a list of ids: at most `first` ids after the element `after`.

    Raises:
        Refused: `first` is out of bounds.
    """
    if not 0 <= first <= MAX_FIRST:
        raise Refused(400, "invalid", f"first is {first}; it must be from 0 to {MAX_FIRST}.")
    key = None if after is None else parse_id(after)
    if after is not None and key not in ids:
        return []
    begin = 0 if key is None else ids.index(key) + 1
    return ids[begin : begin + first]


async def _known(found: Awaitable[parts.Order | None]) -> parts.Order:
    order = await found
    if order is None:
        raise Refused(404, "not_found", "There is no such order.")
    return order


@strawberry.type
class LineItem:
    """One dish of an order."""

    menu_item_id: str
    name: str
    price: str
    quantity: int


@strawberry.type
class Ticket:
    """The kitchen's part of an order."""

    state: str
    ready_by: str | None


@strawberry.type
class CourierAction:
    """What a courier does, and when."""

    type: str
    time: str


@strawberry.type
class Delivery:
    """The courier's part of an order."""

    state: str
    assigned_courier: strawberry.ID | None
    courier_actions: list[CourierAction]


@strawberry.type
class Bill:
    """What an order is charged."""

    state: str
    amount: str


@strawberry.type
class MenuItem:
    """One dish of a menu."""

    id: str
    name: str
    price: str


@strawberry.type
class Restaurant:
    """A restaurant with its menu."""

    id: strawberry.ID
    name: str
    menu_items: list[MenuItem]

    @classmethod
    def of(cls, found: parts.Restaurant) -> "Restaurant":
        """Return what the owner answered as the schema shows it."""
        items = [MenuItem(id=item.id, name=item.name, price=item.price) for item in found.menu.menu_items]
        return cls(id=shown_id(found.id), name=found.name, menu_items=items)


@strawberry.type
class Consumer:
    """Somebody who orders."""

    id: strawberry.ID
    first_name: str
    last_name: str

    @classmethod
    def of(cls, found: parts.Consumer) -> "Consumer":
        """Return what the owner answered as the schema shows it."""
        return cls(id=shown_id(found.consumer_id), first_name=found.name.first_name, last_name=found.name.last_name)

    @strawberry.field
    def consumer_id(self) -> strawberry.ID:
        """Return the id by its name in the REST API."""
        return self.id

    @strawberry.field
    async def orders(
        self, info: Info, first: int = FIRST, after: strawberry.ID | None = None
    ) -> list[Annotated["Order", strawberry.lazy("apps.gateway.graphql.types")]]:
        """Return a page of the consumer's orders, newest first; `after` is the id of the last one seen."""
        return await orders_of(info.context, int(self.id), first=first, after=after)


@strawberry.type
class Order:
    """An order; what is null could not be had, and then there is an error, or is not there."""

    id: strawberry.ID

    @strawberry.field
    def order_id(self) -> strawberry.ID:
        """Return the id by its name in the REST API."""
        return self.id

    @strawberry.field
    async def state(self, info: Info) -> str:
        """Return where it stands."""
        return (await _known(info.context.order.load(int(self.id)))).state

    @strawberry.field
    async def order_total(self, info: Info) -> str:
        """Return what it costs."""
        return (await _known(info.context.order.load(int(self.id)))).order_total

    @strawberry.field
    async def rejection_reason(self, info: Info) -> str | None:
        """Return why it was rejected."""
        return (await _known(info.context.order.load(int(self.id)))).rejection_reason or None

    @strawberry.field
    async def delivery_time(self, info: Info) -> str | None:
        """Return when it is wanted."""
        contents = await info.context.contents.load(int(self.id))
        return contents.delivery_time if contents else None

    @strawberry.field
    async def line_items(self, info: Info) -> list[LineItem] | None:
        """Return what was ordered."""
        contents = await info.context.contents.load(int(self.id))
        if contents is None:
            return None
        return [
            LineItem(menu_item_id=item.menu_item_id, name=item.name, price=item.price, quantity=item.quantity)
            for item in contents.line_items
        ]

    @strawberry.field
    async def restaurant(self, info: Info) -> Restaurant | None:
        """Return where it was ordered."""
        contents = await info.context.contents.load(int(self.id))
        found = await info.context.restaurant.load(contents.restaurant_id) if contents else None
        return Restaurant.of(found) if found else None

    @strawberry.field
    async def consumer(self, info: Info) -> Consumer | None:
        """Return who ordered it."""
        contents = await info.context.contents.load(int(self.id))
        found = await info.context.consumer.load(contents.consumer_id) if contents else None
        return Consumer.of(found) if found else None

    @strawberry.field
    async def ticket(self, info: Info) -> Ticket | None:
        """Return what the kitchen does with it."""
        found = await info.context.ticket.load(int(self.id))
        return Ticket(state=found.state, ready_by=found.ready_by) if found else None

    @strawberry.field
    async def delivery(self, info: Info) -> Delivery | None:
        """Return how it gets to the consumer."""
        found = await info.context.delivery.load(int(self.id))
        if found is None:
            return None
        courier = found.assigned_courier
        return Delivery(
            state=found.delivery_info.state,
            assigned_courier=None if courier is None else shown_id(courier),
            courier_actions=[CourierAction(type=each.type, time=each.time) for each in found.courier_actions],
        )

    @strawberry.field
    async def bill(self, info: Info) -> Bill | None:
        """Return what it is charged."""
        found = await info.context.bill.load(int(self.id))
        return Bill(state=found.state, amount=found.amount) if found else None


async def orders_of(loaders: Loaders, consumer_id: int, *, first: int, after: strawberry.ID | None) -> list[Order]:
    """Return a page of a consumer's orders, newest first."""
    ids = await loaders.orders_of.load(consumer_id)
    return [Order(id=shown_id(number)) for number in page(ids, first=first, after=after)]
