"""Data loaders of one request, which fetch each object once, even if many orders refer to it.

The owners answer for one id at a time, so a batch is a limited number of concurrent calls.  The loaders are not a cache:
they live as long as the request.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from strawberry.dataloader import DataLoader

from apps.gateway.parts import Bill, Consumer, Courier, Delivery, Order, OrderContents, Restaurant, Ticket
from apps.gateway.proxies import Services
from postroad.errors import CallRejected

K = TypeVar("K", int, None)
T = TypeVar("T")

MAX_CALLS = 16
"""Concurrent calls of one loader: half of what a service's bulkhead allows, so that other requests can call too."""

MAX_LISTED = 200
"""Maximum number of elements of a list: ten pages of a consumer's orders."""


class Loaders:
    """The objects of one request, by id; create it in the request's event loop."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.order: DataLoader[int, Order | None] = _loader(self._order)
        self.contents: DataLoader[int, OrderContents | None] = _loader(services.orders.contents)
        self.ticket: DataLoader[int, Ticket | None] = _loader(services.kitchen.ticket)
        self.delivery: DataLoader[int, Delivery | None] = _loader(services.delivery.delivery)
        self.bill: DataLoader[int, Bill | None] = _loader(services.accounting.bill)
        self.consumer: DataLoader[int, Consumer | None] = _loader(services.consumers.consumer)
        self.restaurant: DataLoader[int, Restaurant | None] = _loader(services.restaurants.restaurant)
        self.courier: DataLoader[int, Courier | None] = _loader(services.delivery.courier)
        self.orders_of: DataLoader[int, list[int]] = _loader(self._orders_of)
        self.restaurants: DataLoader[None, list[int]] = _loader(self._restaurants)

    async def _order(self, order_id: int) -> Order | None:
        try:
            return await self.services.orders.order(order_id)
        except CallRejected as error:
            if error.status == 404:
                return None
            raise

    async def _orders_of(self, consumer_id: int) -> list[int]:
        async def page(start_key: str | None) -> tuple[list[int], str | None]:
            found = await self.services.order_history.orders(consumer_id, start_key)
            return [order.order_id for order in found.orders], found.start_key

        return await _walk(page)

    async def _restaurants(self, _: None) -> list[int]:
        async def page(start_key: str | None) -> tuple[list[int], str | None]:
            found = await self.services.restaurants.restaurants(start_key)
            return [restaurant.id for restaurant in found.restaurants], found.start_key

        return await _walk(page)


async def _walk(page: Callable[[str | None], Awaitable[tuple[list[int], str | None]]]) -> list[int]:
    """Return the ids of a list, page by page, up to `MAX_LISTED`."""
    ids, start_key = await page(None)
    while start_key is not None and len(ids) < MAX_LISTED:
        more, start_key = await page(start_key)
        ids += more
    return ids[:MAX_LISTED]


def _loader(call: Callable[[K], Awaitable[T]]) -> "DataLoader[K, T]":
    places = asyncio.Semaphore(MAX_CALLS)

    async def one(key: K) -> T:
        async with places:
            return await call(key)

    async def batch(keys: list[K]) -> list[T | BaseException]:
        return await asyncio.gather(*(one(key) for key in keys), return_exceptions=True)

    return DataLoader(load_fn=batch)
