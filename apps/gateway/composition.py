"""An order with its ticket, delivery and bill, asked for all at once.  The project's one asynchronous room with rules.

The order is essential: its errors are the answer.  A part is cached or left out when its service fails, and named in
`degraded`; a part that is not there (yet) is simply absent.
Source: "API composition", Microservices Patterns, ch. 7; "Recovering from an unavailable service", ch. 3.
"""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import msgspec

from apps.gateway.parts import DeliveryInfo, Order
from apps.gateway.proxies import Services
from postroad.errors import DeadlineExceeded, PostroadError
from postroad.rpi import deadline
from postroad.rpi.fallback import degraded

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What came of asking for a part."""

    value: object = None
    is_degraded: bool = False


async def order_details(services: Services, order_id: int, *, seconds: float) -> dict[str, Any]:
    """Return the body that shows an order with its parts.

    Raises:
        CallRejected: The order's service says no; 404: there is no such order.
        CallFailed: The order could not be had.
    """
    with deadline.within(seconds):
        order = asyncio.create_task(_essential(services.orders.order(order_id), seconds))
        parts = {
            "ticketInfo": asyncio.create_task(_piece("ticketInfo", services.kitchen.ticket(order_id))),
            "deliveryInfo": asyncio.create_task(_piece("deliveryInfo", _delivery(services, order_id))),
            "billInfo": asyncio.create_task(_piece("billInfo", services.accounting.bill(order_id))),
        }
        ends_at = asyncio.get_running_loop().time() + seconds
        try:
            found = await order
            await asyncio.wait(parts.values(), timeout=max(0.0, ends_at - asyncio.get_running_loop().time()))
        finally:
            pieces = {name: _end(task) for name, task in parts.items()}
    return _body(found, pieces)


async def _essential(call: Awaitable[Order], seconds: float) -> Order:
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError:
        raise DeadlineExceeded(f"orders.order: no answer in {seconds} s.") from None


async def _piece(name: str, call: Awaitable[object]) -> Piece:
    with degraded() as replaced:
        try:
            value = await call
        except PostroadError as error:
            log.warning("part left out", extra={"part": name, "reason": str(error)})
            return Piece(is_degraded=True)
    return Piece(value=value, is_degraded=bool(replaced))


async def _delivery(services: Services, order_id: int) -> DeliveryInfo | None:
    delivery = await services.delivery.delivery(order_id)
    return None if delivery is None else DeliveryInfo.of(delivery)


def _end(task: "asyncio.Task[Piece]") -> Piece:
    """Return what a part's task has brought; one that is still at work is given up."""
    if task.done() and not task.cancelled():
        return task.result()
    task.cancel()
    return Piece(is_degraded=True)


def _body(order: Order, pieces: dict[str, Piece]) -> dict[str, Any]:
    body: dict[str, Any] = {"orderInfo": msgspec.to_builtins(order)}
    for name, piece in pieces.items():
        if piece.value is not None:
            body[name] = msgspec.to_builtins(piece.value)
    body["degraded"] = [name for name, piece in pieces.items() if piece.is_degraded]
    return body
