"""An order's details: the order is essential, the parts are not, and all are asked for at once."""

import asyncio
from typing import Any

import msgspec
import pytest

from apps.gateway.composition import order_details
from apps.gateway.proxies import Kitchen
from postroad.calls.proxy import client_of
from postroad.calls.transport import Answer, Outgoing
from postroad.errors import CallRejected, DeadlineExceeded, PostroadError, ServiceUnavailable, ServiceUnknown
from tests.apps.gateway.conftest import Town, there_is_no

PARTS = {"kitchen.ticket": "ticketInfo", "delivery.delivery": "deliveryInfo", "accounting.bill": "billInfo"}


def details(town: Town, *, order_id: int = 99, seconds: float = 5.0) -> dict[str, Any]:
    found = asyncio.run(order_details(town.services(), order_id, seconds=seconds))
    return dict(msgspec.to_builtins(found))


def fails(error: Exception) -> Any:
    async def behaviour(_: object) -> None:
        raise error

    return behaviour


async def absent(_: object) -> None:
    return None


async def hangs(_: object) -> None:
    await asyncio.Event().wait()


def test_an_order_is_shown_with_all_its_parts(town: Town) -> None:
    body = details(town)

    assert body == {
        "orderInfo": {"orderId": 99, "state": "APPROVED", "orderTotal": "24.68"},
        "ticketInfo": {
            "ticketId": 99,
            "orderId": 99,
            "restaurantId": 7,
            "state": "ACCEPTED",
            "lineItems": [],
            "readyBy": None,
        },
        "deliveryInfo": {"id": 99, "state": "SCHEDULED", "assignedCourier": 3, "courierActions": []},
        "billInfo": {"orderId": 99, "accountId": 5, "state": "AUTHORIZED", "amount": "24.68"},
        "degraded": [],
    }


@pytest.mark.parametrize(("call", "part"), PARTS.items())
@pytest.mark.parametrize(
    "error",
    [
        ServiceUnavailable("away"),
        DeadlineExceeded("slow"),
        ServiceUnknown("no address"),
        CallRejected("x", status=403),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_part_that_fails_is_left_out_and_named(town: Town, call: str, part: str, error: PostroadError) -> None:
    town.behaviours[call] = fails(error)

    body = details(town)

    assert part not in body
    assert body["degraded"] == [part]
    assert body["orderInfo"]["orderId"] == 99


@pytest.mark.parametrize(("call", "part"), PARTS.items())
def test_a_part_that_is_not_there_is_absent_and_nothing_is_degraded(town: Town, call: str, part: str) -> None:
    town.behaviours[call] = absent

    body = details(town)

    assert part not in body
    assert body["degraded"] == []


@pytest.mark.parametrize(("call", "part"), PARTS.items())
def test_a_part_that_hangs_does_not_hold_the_order_up(town: Town, call: str, part: str) -> None:
    town.behaviours[call] = hangs

    body = details(town, seconds=0.05)

    assert body["degraded"] == [part]


def test_all_parts_may_fail_together(town: Town) -> None:
    town.behaviours = dict.fromkeys(PARTS, fails(ServiceUnavailable("away")))

    assert details(town)["degraded"] == ["ticketInfo", "deliveryInfo", "billInfo"]


@pytest.mark.parametrize("error", [there_is_no("orders.order"), ServiceUnavailable("away"), DeadlineExceeded("slow")])
def test_an_error_of_the_order_is_the_answer(town: Town, error: PostroadError) -> None:
    town.behaviours["orders.order"] = fails(error)

    with pytest.raises(type(error)):
        details(town)


def test_an_order_that_hangs_is_given_up_in_time(town: Town) -> None:
    town.behaviours["orders.order"] = hangs

    with pytest.raises(DeadlineExceeded):
        details(town, seconds=0.05)


def test_the_answer_does_not_wait_for_parts_when_the_order_fails(town: Town) -> None:
    town.behaviours = {**dict.fromkeys(PARTS, hangs), "orders.order": fails(there_is_no("orders.order"))}

    with pytest.raises(CallRejected):
        details(town, seconds=60.0)


def test_everything_is_asked_for_at_once(town: Town) -> None:
    barrier = asyncio.Barrier(4)

    def meets(name: str) -> Any:
        async def behaviour(key: int) -> Any:
            await barrier.wait()  # nobody passes before all four are there
            return getattr(town, name.replace(".", "_"))(key)

        return behaviour

    town.behaviours = {name: meets(name) for name in ("orders.order", *PARTS)}

    assert details(town)["degraded"] == []


class Switch:
    """A transport that answers until it is switched off."""

    is_on = True

    def send(self, outgoing: Outgoing, timeout_seconds: float) -> Answer:
        raise NotImplementedError

    async def send_async(self, outgoing: Outgoing, timeout_seconds: float) -> Answer:
        if not self.is_on:
            raise ServiceUnavailable("off")
        return Answer(status=200, body=b'{"ticketId":99,"orderId":99,"restaurantId":7,"state":"ACCEPTED","new":1}')


def test_a_part_that_was_seen_lately_is_shown_and_named_while_its_service_is_away(town: Town) -> None:
    switch = Switch()
    kitchen = client_of(Kitchen, transport=switch)
    town.behaviours["kitchen.ticket"] = kitchen.ticket
    before = details(town)
    switch.is_on = False

    after = details(town)

    assert before["degraded"] == []
    assert after["ticketInfo"] == before["ticketInfo"]
    assert after["degraded"] == ["ticketInfo"]
