"""The rules of an order: which state follows which, what an order costs, what is too little.  Pure.  Not: storing it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from apps.refusals import BusinessRefusal
from apps.values import MAX_MONEY, cents


class OrderState(StrEnum):
    """Where an order stands; a pending state is the semantic lock of the saga that works on it."""

    APPROVAL_PENDING = "APPROVAL_PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CANCEL_PENDING = "CANCEL_PENDING"
    CANCELLED = "CANCELLED"
    REVISION_PENDING = "REVISION_PENDING"


class OrderVerb(StrEnum):
    """What may happen to an order."""

    APPROVE = "approve"
    REJECT = "reject"
    BEGIN_CANCEL = "begin cancel"
    UNDO_BEGIN_CANCEL = "undo begin cancel"
    CONFIRM_CANCEL = "confirm cancel"
    BEGIN_REVISE = "begin revise"
    UNDO_BEGIN_REVISE = "undo begin revise"
    CONFIRM_REVISE = "confirm revise"


TRANSITIONS: Mapping[tuple[OrderState, OrderVerb], OrderState] = {
    (OrderState.APPROVAL_PENDING, OrderVerb.APPROVE): OrderState.APPROVED,
    (OrderState.APPROVAL_PENDING, OrderVerb.REJECT): OrderState.REJECTED,
    (OrderState.APPROVED, OrderVerb.BEGIN_CANCEL): OrderState.CANCEL_PENDING,
    (OrderState.CANCEL_PENDING, OrderVerb.UNDO_BEGIN_CANCEL): OrderState.APPROVED,
    (OrderState.CANCEL_PENDING, OrderVerb.CONFIRM_CANCEL): OrderState.CANCELLED,
    (OrderState.APPROVED, OrderVerb.BEGIN_REVISE): OrderState.REVISION_PENDING,
    (OrderState.REVISION_PENDING, OrderVerb.UNDO_BEGIN_REVISE): OrderState.APPROVED,
    (OrderState.REVISION_PENDING, OrderVerb.CONFIRM_REVISE): OrderState.APPROVED,
}
"""Every transition there is; whatever is not in it is refused."""


def next_state(state: OrderState, verb: OrderVerb) -> OrderState:
    """Return the state that follows.

    Raises:
        BusinessRefusal: `illegal_transition`: the state does not allow the verb.
    """
    try:
        return TRANSITIONS[state, verb]
    except KeyError:
        raise BusinessRefusal("illegal_transition", f"An order in state {state} cannot {verb}.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedItem:
    """What a consumer asks for: so many of a dish."""

    menu_item_id: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAddress:
    """Where an order goes."""

    street1: str
    city: str
    state: str
    zip: str
    street2: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """What a consumer asks for, as a whole; `delivery_time` is aware of its time zone."""

    consumer_id: int
    restaurant_id: int
    delivery_address: DeliveryAddress
    delivery_time: datetime
    line_items: tuple[RequestedItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dish:
    """A menu item as it is offered now."""

    name: str
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """A requested item with the name and price it had when the order was placed."""

    menu_item_id: str
    name: str
    price: Decimal
    quantity: int

    @property
    def total(self) -> Decimal:
        """Price times quantity, exactly."""
        return self.price * self.quantity


def price_items(items: Sequence[RequestedItem], *, menu: Mapping[str, Dish]) -> tuple[OrderLine, ...]:
    """Return the items with the menu's names and prices, in the same order.

    Raises:
        BusinessRefusal: `unknown_menu_item`, with the path of the first item that is not on the menu.
    """
    return tuple(_price(item, index, menu) for index, item in enumerate(items))


def _price(item: RequestedItem, index: int, menu: Mapping[str, Dish]) -> OrderLine:
    dish = menu.get(item.menu_item_id)
    if dish is None:
        raise BusinessRefusal(
            "unknown_menu_item",
            f"The restaurant's menu has no item {item.menu_item_id}.",
            field=f"lineItems[{index}].menuItemId",
            status=400,
        )
    return OrderLine(menu_item_id=item.menu_item_id, name=dish.name, price=dish.price, quantity=item.quantity)


def total_of(lines: Sequence[OrderLine], *, minimum: Decimal) -> Decimal:
    """Return what the lines cost together, exact to the cent.

    Raises:
        BusinessRefusal: `below_minimum` or `above_maximum`, naming the line items.
    """
    total = sum((line.total for line in lines), start=Decimal(0))
    if total < minimum:
        detail = f"The order comes to {total}; the least order value is {minimum}."
        raise BusinessRefusal("below_minimum", detail, field="lineItems", status=400)
    if total > MAX_MONEY:
        detail = f"The order comes to more than {MAX_MONEY}, the largest order value."
        raise BusinessRefusal("above_maximum", detail, field="lineItems", status=400)
    return cents(total)
