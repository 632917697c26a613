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
    """Where an order is delivered to: somebody's home."""

    street1: Annotated[Text, Sensitive]
    city: Text
    state: Text
    zip: Annotated[Text, Sensitive]
    street2: Annotated[str, Sensitive] = ""


@event("orders.OrderCreated", of=ORDERS, key="order_id")
class OrderCreated(Message):
    """An order was placed; it is not agreed to yet."""

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
    """Somebody did not agree; `reason` is the participant's own word for it."""

    order_id: Positive
    reason: str


@event("orders.OrderCancellationProposed", of=ORDERS, key="order_id")
class OrderCancellationProposed(Message):
    """The consumer wants an approved order cancelled; it is not agreed to yet."""

    order_id: Positive


@event("orders.OrderCancellationRejected", of=ORDERS, key="order_id")
class OrderCancellationRejected(Message):
    """Somebody did not agree to cancel: the order stands."""

    order_id: Positive
    reason: str


@event("orders.OrderCancelled", of=ORDERS, key="order_id")
class OrderCancelled(Message):
    """An approved order was cancelled."""

    order_id: Positive


@event("orders.OrderRevisionProposed", of=ORDERS, key="order_id")
class OrderRevisionProposed(Message):
    """A revision was asked for; it is not agreed to yet."""

    order_id: Positive
    line_items: NonEmpty[tuple[LineItem, ...]]
    current_order_total: Money
    new_order_total: Money


@event("orders.OrderRevisionRejected", of=ORDERS, key="order_id")
class OrderRevisionRejected(Message):
    """Somebody did not agree to the revision: the order stays what it was."""

    order_id: Positive
    reason: str


@event("orders.OrderRevised", of=ORDERS, key="order_id")
class OrderRevised(Message):
    """The revision was agreed to: these are the order's lines and total now."""

    order_id: Positive
    line_items: NonEmpty[tuple[LineItem, ...]]
    order_total: Money
