"""The contract of orders: its events."""

from datetime import datetime
from typing import Annotated

from postroad import EventChannel, Message, Money, NonEmpty, Positive, Sensitive, Text, event

ORDERS = EventChannel("orders.Order", shards=4)


class LineItem(Message):
    """One line of an order, with name and price as they were when it was placed."""

    menu_item_id: Text
    name: Text
    price: Money
    quantity: Positive


class Address(Message):
    """The delivery address of an order, which is personal data."""

    street1: Annotated[Text, Sensitive]
    city: Text
    state: Text
    zip: Annotated[Text, Sensitive]
    street2: Annotated[str, Sensitive] = ""


@event("orders.OrderCreated", of=ORDERS, key="order_id")
class OrderCreated(Message):
    """An order was placed; it is not approved yet."""

    order_id: Positive
    consumer_id: Positive
    restaurant_id: Positive
    restaurant_name: Text
    line_items: NonEmpty[tuple[LineItem, ...]]
    order_total: Money
    delivery_address: Address
    delivery_time: datetime
    created_at: datetime


@event("orders.OrderAuthorized", of=ORDERS, key="order_id")
class OrderAuthorized(Message):
    """Consumer, kitchen and accounting have agreed: the order is approved."""

    order_id: Positive


@event("orders.OrderRejected", of=ORDERS, key="order_id")
class OrderRejected(Message):
    """A participant refused the order; `reason` is the code that the participant sent."""

    order_id: Positive
    reason: str


@event("orders.OrderCancellationProposed", of=ORDERS, key="order_id")
class OrderCancellationProposed(Message):
    """The consumer asks to cancel an approved order; the participants have not agreed yet."""

    order_id: Positive


@event("orders.OrderCancellationRejected", of=ORDERS, key="order_id")
class OrderCancellationRejected(Message):
    """A participant refused the cancellation: the order stays approved."""

    order_id: Positive
    reason: str


@event("orders.OrderCancelled", of=ORDERS, key="order_id")
class OrderCancelled(Message):
    """An approved order was cancelled."""

    order_id: Positive


@event("orders.OrderRevisionProposed", of=ORDERS, key="order_id")
class OrderRevisionProposed(Message):
    """The consumer asks to revise an approved order; the participants have not agreed yet."""

    order_id: Positive
    line_items: NonEmpty[tuple[LineItem, ...]]
    current_order_total: Money
    new_order_total: Money


@event("orders.OrderRevisionRejected", of=ORDERS, key="order_id")
class OrderRevisionRejected(Message):
    """A participant refused the revision: the order stays unchanged."""

    order_id: Positive
    reason: str


@event("orders.OrderRevised", of=ORDERS, key="order_id")
class OrderRevised(Message):
    """The order was revised: it has these lines and this total now."""

    order_id: Positive
    line_items: NonEmpty[tuple[LineItem, ...]]
    order_total: Money
