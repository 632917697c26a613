"""A small shop: two services and a saga, enough to try the library without the reference system."""

from collections.abc import Callable

import msgspec

from postroad import (
    CommandChannel,
    CommandHandlers,
    Done,
    EventChannel,
    EventHandlers,
    Message,
    Positive,
    Saga,
    SagaData,
    Step,
    command,
    event,
    publish,
    refusal,
    refuse,
    reply,
)
from postroad.composition import Postroad, Service, compose

BAKERY = CommandChannel("bakery", shards=4)
LOAVES = EventChannel("bakery.Loaf", shards=4)
TILL = CommandChannel("till", shards=2)


@reply("bakery.Baked")
class Baked(Message):
    loaves: int


@refusal("bakery.Refused")
class Refused(Message):
    reason: str


@command("bakery.Bake", on=BAKERY, key="order_id", replies=(Baked, Refused))
class Bake(Message):
    order_id: Positive
    loaves: Positive = 1


@command("bakery.Throw", on=BAKERY, key="order_id", replies=(Done, Refused))
class Throw(Message):
    order_id: Positive


@command("bakery.Sweep", on=BAKERY, key="order_id")
class Sweep(Message):
    order_id: Positive


@refusal("till.Declined")
class Declined(Message):
    reason: str


@command("till.Charge", on=TILL, key="order_id", replies=(Done, Declined))
class Charge(Message):
    order_id: Positive


@command("till.Receipt", on=TILL, key="order_id", replies=(Done, Declined))
class Receipt(Message):
    order_id: Positive


@event("bakery.LoafBaked", of=LOAVES, key="order_id")
class LoafBaked(Message):
    order_id: Positive
    loaves: int


class Sale(SagaData):
    order_id: int
    loaves: int = 1
    baked: int = 0
    reason: str = ""


def bake(data: Sale) -> Bake:
    return Bake(order_id=data.order_id, loaves=data.loaves)


def throw(data: Sale) -> Throw:
    return Throw(order_id=data.order_id)


def charge(data: Sale) -> Charge:
    return Charge(order_id=data.order_id)


def receipt(data: Sale) -> Receipt:
    return Receipt(order_id=data.order_id)


def sweep(data: Sale) -> Sweep:
    return Sweep(order_id=data.order_id)


def note_baked(data: Sale, answer: Baked) -> Sale:
    return msgspec.structs.replace(data, baked=answer.loaves)


def note_refusal(data: Sale, answer: Refused | Declined) -> Sale:
    return msgspec.structs.replace(data, reason=answer.reason)


def selling(cancel_sale: Callable[[Sale], None], close_sale: Callable[[Sale], None]) -> Saga[Sale]:
    """Return the saga with these local steps."""
    return Saga(
        "counter.Sell",
        version=1,
        data=Sale,
        key="order_id",
        steps=[
            Step("sale", undo=cancel_sale),
            Step("bake", do=bake, undo=throw, on={Baked: note_baked, Refused: note_refusal}),
            Step("charge", do=charge, on={Declined: note_refusal}, pivot=True),
            Step("sweep", do=sweep),
            Step("receipt", do=receipt),
            Step("close", do=close_sale),
        ],
    )


def nothing(data: Sale) -> None:
    """Stand in for a local step where only the table matters."""


sell = selling(nothing, nothing)


class Shop:
    """The handlers, with what they were asked to do and what they shall refuse or fail at."""

    def __init__(self) -> None:
        self.done: list[tuple[str, int]] = []
        self.refusals: dict[str, set[int]] = {"bake": set(), "throw": set(), "charge": set(), "receipt": set()}
        self.failures: set[int] = set()
        self.ends: dict[int, BaseException] = {}

    def bake(self, command: Bake) -> Baked:
        publish(LoafBaked(order_id=command.order_id, loaves=command.loaves))
        self._act("bake", command.order_id)
        return Baked(loaves=command.loaves)

    def throw(self, command: Throw) -> Done:
        self._act("throw", command.order_id)
        return Done()

    def sweep(self, command: Sweep) -> None:
        self._act("sweep", command.order_id)

    def charge(self, command: Charge) -> Done:
        self._act("charge", command.order_id)
        return Done()

    def receipt(self, command: Receipt) -> Done:
        self._act("receipt", command.order_id)
        return Done()

    def loaf_baked(self, message: LoafBaked) -> None:
        self.done.append(("loaf_baked", message.order_id))

    def cancel_sale(self, data: Sale) -> None:
        self.done.append(("cancel_sale", data.order_id))

    def close_sale(self, data: Sale) -> None:
        self.done.append(("close_sale", data.order_id))

    def _act(self, what: str, order_id: int) -> None:
        if order_id in self.ends:
            raise self.ends[order_id]
        if order_id in self.failures:
            raise ValueError(f"cannot {what} for {order_id}")
        if order_id in self.refusals.get(what, set()):
            refuse((Declined if what in ("charge", "receipt") else Refused)(reason=f"no {what}"))
        self.done.append((what, order_id))

    def parts(self, *sagas: Saga) -> Postroad:
        """Return the object: bakery, till and counter, which orchestrates these sagas, by default the one that sells."""
        bakery = CommandHandlers(BAKERY, {Bake: self.bake, Throw: self.throw, Sweep: self.sweep})
        till = CommandHandlers(TILL, {Charge: self.charge, Receipt: self.receipt})
        return compose(
            [
                Service(name="bakery", commands=(bakery,), publishes=(LOAVES,)),
                Service(name="till", commands=(till,)),
                Service(
                    name="counter",
                    events=(EventHandlers("counter.loaves", of=LOAVES, handlers={LoafBaked: self.loaf_baked}),),
                    sagas=sagas or (selling(self.cancel_sale, self.close_sale),),
                ),
            ]
        )
