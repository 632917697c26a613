"""The roots of the graph: values at paths, settable values and functions.  See also: `protocol`, the HTTP part.

    ordersById[id].{orderId, state, orderTotal, rejectionReason, refusedChange, refusalReason, restaurant, consumer}
    restaurantsById[id].{id, name, menu}       consumersById[id].{consumerId, firstName, lastName, orders}
    couriersById[id].{courierId, available}    restaurants and consumersById[id].orders: lists with length

A root is a resource of the REST API, with the same roles.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from apps.gateway.jsongraph.graph import MISSING, Branch, build, error, leaf, reference
from apps.gateway.jsongraph.paths import Path
from apps.gateway.loaders import Loaders
from apps.gateway.parts import Availability, Consumer
from apps.gateway.problems import detail_of, status_of
from apps.shared.identity.caller import Caller
from apps.shared.values import parse_id
from postroad.errors import CallRejected, PostroadError

RESOURCES = {
    "orders": "orders",
    "ordersById": "orders",
    "restaurants": "restaurants",
    "restaurantsById": "restaurants",
    "consumersById": "consumers",
    "couriersById": "couriers",
}
"""Root → the resource whose roles count."""

SHOWN: list[Path] = [("orderId",), ("state",), ("orderTotal",)]
"""What a call shows of its order when it is not told what."""


@dataclass(frozen=True, slots=True)
class Found:
    """The value at the first `length` keys of a path."""

    length: int
    value: object


class Model:
    """The part of the graph that one caller may see, for one request."""

    def __init__(self, loaders: Loaders, caller: Caller) -> None:
        self._loaders, self._caller = loaders, caller
        self._fields_of: dict[tuple[str, int], dict[Any, Any]] = {}

    async def get(self, paths: Sequence[Path]) -> Branch:
        """Return the graph of the values at some paths; references are followed."""
        return build(await self._find_all(paths))

    async def _find_all(self, paths: Sequence[Path]) -> list[tuple[Path, object]]:
        return [step for steps in await asyncio.gather(*map(self._follow, paths)) for step in steps]

    async def change(self, values: Sequence[tuple[Path, object]]) -> Branch:
        """Set all values, or none if one of them may not be set; the graph then has an error for that value."""
        refused = [(path, why) for path, value in values if (why := self._unsettable(path, value))]
        return build(refused or [await self._set(path, value) for path, value in values])

    async def call(self, path: Path, arguments: Sequence[object], shown: Sequence[Path]) -> tuple[Branch, list[Path]]:
        """Call a function; return the graph of its results, and their paths."""
        if not self._caller.may("POST", RESOURCES.get(str(path[0]), "")):
            return _failed(path, error("forbidden", "Your roles do not allow this."))
        try:
            order_id = await self._call(path, arguments)
        except PostroadError as failure:
            return _failed(path, _error(failure))
        if order_id is None:
            return _failed(path, error("not_callable", f"There is no function {list(path)} of such arguments."))
        order: Path = ("ordersById", order_id)
        found = await self._find_all([(*order, *suffix) for suffix in shown or SHOWN])
        if path[0] != "orders":
            return build(found), [(*order, *suffix) for suffix in shown or SHOWN]
        return build([(path, reference(*order)), *found]), [(*path, *suffix) for suffix in shown or SHOWN]

    async def _call(self, path: Path, arguments: Sequence[object]) -> int | None:
        orders = self._loaders.services.orders
        match path, list(arguments):
            case ("orders", "create"), [dict(body)]:
                return (await orders.create(body)).order_id
            case ("ordersById", key, "cancel"), [] if (order_id := number(key)) is not None:
                return (await orders.cancel(order_id)).order_id
            case ("ordersById", key, "revise"), [list(items)] if (order_id := number(key)) is not None:
                return (await orders.revise(order_id, {"revisedOrderLineItems": items})).order_id
            case _:
                return None

    def _unsettable(self, path: Path, value: object) -> object:
        match path:
            case ("couriersById", key, "available") if number(key) is not None:
                if not self._caller.may("POST", RESOURCES["couriersById"]):
                    return error("forbidden", "Your roles do not allow this.")
                return None if isinstance(value, bool) else error("invalid", "available is true or false.")
            case _:
                return error("not_settable", "Only couriersById[id].available may be set.")

    async def _set(self, path: Path, value: object) -> tuple[Path, object]:
        try:
            body = Availability(available=value is True)
            courier = await self._loaders.services.delivery.change_availability(int(path[1]), body)
        except PostroadError as failure:
            return path, _error(failure)
        return path, courier.available

    async def _follow(self, path: Path) -> list[tuple[Path, object]]:
        """Return the value at a path, and at each reference on the way; every reference leads to a shorter path."""
        steps: list[tuple[Path, object]] = []
        while True:
            found = await self._find(path)
            steps.append((path[: found.length], found.value))
            is_reference = isinstance(found.value, dict) and found.value.get("$type") == "ref"
            if not is_reference or found.length == len(path) or not isinstance(found.value, dict):
                return steps
            path = (*found.value["value"], *path[found.length :])

    async def _find(self, path: Path) -> Found:
        resource = RESOURCES.get(str(path[0]))
        if resource is not None and not self._caller.may("GET", resource):
            return Found(len(path), error("forbidden", "Your roles do not allow this."))
        try:
            found = await self._look(path)
        except PostroadError as failure:
            return Found(len(path), _error(failure))
        return found or Found(len(path), MISSING)

    async def _look(self, path: Path) -> Found | None:
        """Return the object; None if it does not exist."""
        match path:
            case ("restaurants", key, *_):
                return _listed(await self._loaders.restaurants.load(None), key, at=2, root="restaurantsById")
            case ("consumersById", key, "orders", index, *_) if (consumer_id := number(key)) is not None:
                return _listed(await self._loaders.orders_of.load(consumer_id), index, at=4, root="ordersById")
            case ("ordersById", key, ("restaurant" | "consumer") as name, *_) if (order_id := number(key)) is not None:
                contents = await self._loaders.contents.load(order_id)
                ids = (
                    {} if contents is None else {"restaurant": contents.restaurant_id, "consumer": contents.consumer_id}
                )
                return Found(3, reference(f"{name}sById", ids[name])) if name in ids else None
            case (str(root), key, name, *_) if (thing_id := number(key)) is not None:
                fields = await self._fields(root, thing_id)
                return Found(3, leaf(fields[name])) if name in fields else None
            case _:
                return None

    async def _fields(self, root: str, thing_id: int) -> dict[Any, Any]:
        """Return the fields of an object; computed once per request, because it may be as long as a menu."""
        thing = await self._load(root, thing_id)
        if (root, thing_id) not in self._fields_of:
            self._fields_of[root, thing_id] = _shown(thing)
        return self._fields_of[root, thing_id]

    async def _load(self, root: str, thing_id: int) -> object:
        match root:
            case "ordersById":
                return await self._loaders.order.load(thing_id)
            case "restaurantsById":
                return await self._loaders.restaurant.load(thing_id)
            case "couriersById":
                return await self._loaders.courier.load(thing_id)
            case "consumersById":
                return await self._loaders.consumer.load(thing_id)
            case _:
                return None


def number(key: object) -> int | None:
    """Return a key, an id or a place in a list, as a number; None if it is not written as one."""
    return parse_id(str(key), minimum=0, has_leading_zeros=False)


def _listed(ids: Sequence[int], key: object, *, at: int, root: str) -> Found | None:
    if key == "length":
        return Found(at, len(ids))
    index = number(key)
    return Found(at, reference(root, ids[index])) if index is not None and index < len(ids) else None


def _shown(thing: object) -> dict[Any, Any]:
    """Return the fields of an object; a consumer's name is flattened into the consumer."""
    fields = {} if thing is None else dict(msgspec.to_builtins(thing))
    return {**fields, **fields.pop("name")} if isinstance(thing, Consumer) else fields


def _error(failure: PostroadError) -> dict[str, Any]:
    fields = failure.fields if isinstance(failure, CallRejected) else None
    return error(status_of(failure)[1], detail_of(failure, service="The service"), fields=fields)


def _failed(path: Path, why: object) -> tuple[Branch, list[Path]]:
    return build([(path, why)]), [path]
