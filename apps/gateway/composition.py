"""API composition: an order with its ticket, delivery and bill, fetched concurrently.

The order is essential: if it cannot be fetched, the answer is that error.  If the service of another part fails, the part
comes from the cache or is left out, and is named in `degraded`; a part that does not exist (yet) is absent.
Source: "API composition", Microservices Patterns, ch. 7; "Recovering from an unavailable service", ch. 3.
"""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from apps.gateway.parts import DeliveryInfo, Order, OrderDetails
from apps.gateway.proxies import Services
from postroad import degraded
from postroad.calls import deadline
from postroad.errors import DeadlineExceeded, PostroadError

log = logging.getLogger(__name__)

T = TypeVar("T")


PartName = Literal["ticketInfo", "deliveryInfo", "billInfo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece(Generic[T]):
    """The result of fetching a part."""

    name: PartName
    value: T | None = None
    is_degraded: bool = False


async def order_details(services: Services, order_id: int, *, seconds: float) -> OrderDetails:
    """Return an order with its parts.

    Raises:
        CallRejected: The order's service rejected the request; 404: there is no such order.
        CallFailed: The order could not be fetched.
    """
    ends_at = asyncio.get_running_loop().time() + seconds
    with deadline.within(seconds):
        order = asyncio.create_task(_essential(services.orders.order(order_id), seconds))
        ticket = asyncio.create_task(_piece("ticketInfo", services.kitchen.ticket(order_id)))
        delivery = asyncio.create_task(_piece("deliveryInfo", _delivery(services, order_id)))
        bill = asyncio.create_task(_piece("billInfo", services.accounting.bill(order_id)))
    try:
        found = await order
        await asyncio.wait((ticket, delivery, bill), timeout=max(0.0, ends_at - asyncio.get_running_loop().time()))
    finally:
        pieces = _end("ticketInfo", ticket), _end("deliveryInfo", delivery), _end("billInfo", bill)
    return OrderDetails(
        order_info=found,
        ticket_info=pieces[0].value,
        delivery_info=pieces[1].value,
        bill_info=pieces[2].value,
        degraded=[piece.name for piece in pieces if piece.is_degraded],
    )


async def _essential(call: Awaitable[Order], seconds: float) -> Order:
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError:
        raise DeadlineExceeded(f"orders.order: no answer in {seconds} s.") from None


async def _piece(name: PartName, call: Awaitable[T | None]) -> Piece[T]:
    with degraded() as replaced:
        try:
            value = await call
        except PostroadError as error:
            log.warning("part left out", extra={"part": name, "reason": str(error)})
            return Piece(name=name, is_degraded=True)
    return Piece(name=name, value=value, is_degraded=bool(replaced))


async def _delivery(services: Services, order_id: int) -> DeliveryInfo | None:
    delivery = await services.delivery.delivery(order_id)
    return None if delivery is None else DeliveryInfo.of(delivery)


def _end(name: PartName, task: "asyncio.Task[Piece[T]]") -> Piece[T]:
    """Return the result of a part's task; a task that still runs is cancelled."""
    if task.done() and not task.cancelled():
        return task.result()
    task.cancel()
    return Piece(name=name, is_degraded=True)
