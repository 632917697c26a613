"""The queries and mutations of the GraphQL schema.  See also: `types`, its object types; `execution`, the HTTP part."""

import asyncio
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from typing_extensions import override

from apps.gateway import parts
from apps.gateway.graphql.documents import Checking
from apps.gateway.graphql.limits import FIRST
from apps.gateway.graphql.types import Consumer, Info, Order, Restaurant, orders_of, page, shown_id
from apps.gateway.problems import Refused
from apps.shared.values import parse_id


@strawberry.input
class AddressInput:
    """Where an order is delivered to."""

    street1: str
    city: str
    state: str
    zip: str
    street2: str | None = None


@strawberry.input
class LineItemInput:
    """One requested dish."""

    menu_item_id: str
    quantity: int


@strawberry.input
class OrderInput:
    """An order as the consumer asks for it."""

    consumer_id: strawberry.ID
    restaurant_id: strawberry.ID
    delivery_address: AddressInput
    delivery_time: str
    line_items: list[LineItemInput]


@strawberry.type
class Query:
    """What may be asked; what is not there is null."""

    @strawberry.field
    async def order(self, info: Info, id: strawberry.ID) -> Order | None:  # noqa: A002 - the argument's public name
        """Return an order."""
        number = parse_id(id)
        found = await info.context.order.load(number) if number else None
        return Order(id=shown_id(found.order_id)) if found else None

    @strawberry.field
    async def orders(
        self, info: Info, consumer_id: strawberry.ID, first: int = FIRST, after: strawberry.ID | None = None
    ) -> list[Order]:
        """Return a page of a consumer's orders, newest first; `after` is the id of the last one seen."""
        number = parse_id(consumer_id)
        return await orders_of(info.context, number, first=first, after=after) if number else []

    @strawberry.field
    async def consumer(self, info: Info, id: strawberry.ID) -> Consumer | None:  # noqa: A002 - as above
        """Return a consumer."""
        number = parse_id(id)
        found = await info.context.consumer.load(number) if number else None
        return Consumer.of(found) if found else None

    @strawberry.field
    async def restaurants(self, info: Info, first: int = FIRST, after: strawberry.ID | None = None) -> list[Restaurant]:
        """Return a page of all restaurants, in the order in which they joined; `after` as for `orders`."""
        ids = page(await info.context.restaurants.load(None), first=first, after=after)
        found = await asyncio.gather(*(info.context.restaurant.load(number) for number in ids))
        return [Restaurant.of(each) for each in found if each]

    @strawberry.field
    async def restaurant(self, info: Info, id: strawberry.ID) -> Restaurant | None:  # noqa: A002 - as above
        """Return a restaurant."""
        number = parse_id(id)
        found = await info.context.restaurant.load(number) if number else None
        return Restaurant.of(found) if found else None


@strawberry.type
class Mutation:
    """What may be changed; each is the operation of the REST API, with its refusals as errors."""

    @strawberry.mutation
    async def create_consumer(self, info: Info, first_name: str, last_name: str) -> Consumer:
        """Register a consumer."""
        name = parts.Name(first_name=first_name, last_name=last_name)
        made = await info.context.services.consumers.create(parts.NewConsumer(name=name))
        return Consumer(id=shown_id(made.consumer_id), first_name=first_name, last_name=last_name)

    @strawberry.mutation
    async def create_order(self, info: Info, order: OrderInput) -> Order:
        """Place an order; it is APPROVAL_PENDING until everybody has agreed."""
        body = {
            "consumerId": _required(order.consumer_id, "consumerId"),
            "restaurantId": _required(order.restaurant_id, "restaurantId"),
            "deliveryAddress": strawberry.asdict(order.delivery_address),
            "deliveryTime": order.delivery_time,
            "lineItems": _lines(order.line_items),
        }
        made = await info.context.services.orders.create(body)
        return Order(id=shown_id(made.order_id))

    @strawberry.mutation
    async def cancel_order(self, info: Info, id: strawberry.ID) -> Order:  # noqa: A002 - as above
        """Begin to cancel an order."""
        found = await info.context.services.orders.cancel(_required(id, "id"))
        return Order(id=shown_id(found.order_id))

    @strawberry.mutation
    async def revise_order(self, info: Info, id: strawberry.ID, line_items: list[LineItemInput]) -> Order:  # noqa: A002 - as above
        """Begin to give an order other quantities."""
        body = {"revisedOrderLineItems": _lines(line_items)}
        found = await info.context.services.orders.revise(_required(id, "id"), body)
        return Order(id=shown_id(found.order_id))


def _lines(items: list[LineItemInput]) -> list[dict[str, Any]]:
    return [{"menuItemId": item.menu_item_id, "quantity": item.quantity} for item in items]


def _required(value: strawberry.ID, name: str) -> int:
    number = parse_id(value)
    if number is None:
        raise Refused(400, "invalid", f"{name} is {str(value)[:40]!r}; it must be an id.")
    return number


class _Schema(strawberry.Schema):
    @override
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Log nothing: `execution` logs, because it knows which errors are defects."""


schema = _Schema(
    query=Query,
    mutation=Mutation,
    extensions=[Checking],
    config=StrawberryConfig(auto_camel_case=True),
)
