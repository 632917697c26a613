"""The rules of an order: which state follows which, what an order costs, and limits of the total.  Pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from apps.shared.refusals import BusinessRefusal
from apps.shared.values import MAX_MONEY, cents

REVISED_ITEMS = "revisedOrderLineItems"
"""The field of a request to revise that errors name."""


class OrderState(StrEnum):
    """The state of an order; a pending state is the semantic lock of the saga that works on it."""

    APPROVAL_PENDING = "APPROVAL_PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    CANCEL_PENDING = "CANCEL_PENDING"
    CANCELLED = "CANCELLED"
    REVISION_PENDING = "REVISION_PENDING"


class OrderChange(StrEnum):
    """What a consumer may ask of an approved order."""

    CANCEL = "cancel"
    REVISE = "revise"


class OrderVerb(StrEnum):
    """What may happen to an order, as it ends the sentence "An order in state … cannot …"."""

    APPROVE = "be approved"
    REJECT = "be rejected"
    BEGIN_CANCEL = "be cancelled"
    UNDO_BEGIN_CANCEL = "be kept"
    CONFIRM_CANCEL = "be cancelled for good"
    BEGIN_REVISE = "be revised"
    UNDO_BEGIN_REVISE = "be left as it was"
    CONFIRM_REVISE = "be revised for good"


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
"""All transitions; any other is refused."""

FINAL_STATES = frozenset(OrderState) - {state for state, _ in TRANSITIONS}
"""Final states."""


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
    """A quantity of one dish, as the consumer requests it."""

    menu_item_id: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAddress:
    """The delivery address of an order."""

    street1: str
    city: str
    state: str
    zip: str
    street2: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """An order as the consumer requests it; `delivery_time` has a time zone."""

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
    return tuple(_price(item, menu, field=f"lineItems[{index}].menuItemId") for index, item in enumerate(items))


def _price(item: RequestedItem, menu: Mapping[str, Dish], *, field: str) -> OrderLine:
    dish = menu.get(item.menu_item_id)
    if dish is None:
        detail = f"The restaurant's menu has no item {item.menu_item_id}."
        raise BusinessRefusal("unknown_menu_item", detail, field=field, status=400)
    return OrderLine(menu_item_id=item.menu_item_id, name=dish.name, price=dish.price, quantity=item.quantity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The lines and the total that an order would have after a revision."""

    lines: tuple[OrderLine, ...]
    total: Decimal


def revise_lines(
    lines: Sequence[OrderLine], items: Sequence[RequestedItem], *, menu: Mapping[str, Dish]
) -> tuple[OrderLine, ...]:
    """Return the lines with the requested quantities; a line without a request is kept, quantity 0 removes it.

    A line that was ordered keeps its price; an added line has the menu's price.  Lines of the same item become one.

    Raises:
        BusinessRefusal: `unknown_menu_item` or `repeated_menu_item`, with the item's path.
    """
    revised: dict[str, OrderLine] = {}
    for line in lines:
        same = revised.get(line.menu_item_id)
        revised[line.menu_item_id] = replace(line, quantity=line.quantity + same.quantity) if same else line
    ids = [item.menu_item_id for item in items]
    for index, item in enumerate(items):
        field = f"{REVISED_ITEMS}[{index}].menuItemId"
        if item.menu_item_id in ids[:index]:
            detail = f"Item {item.menu_item_id} is named twice; name it once, with its new quantity."
            raise BusinessRefusal("repeated_menu_item", detail, field=field, status=400)
        line = revised.get(item.menu_item_id) or _price(item, menu, field=field)
        revised[item.menu_item_id] = replace(line, quantity=item.quantity)
    return tuple(line for line in revised.values() if line.quantity)


def total_of(lines: Sequence[OrderLine], *, minimum: Decimal, field: str = "lineItems") -> Decimal:
    """Return the total of the lines, exact to the cent.

    Raises:
        BusinessRefusal: `below_minimum` or `above_maximum`, naming the field of the request; `no_line_items`.
    """
    if not lines:
        detail = "Nothing would be left of the order; cancel it instead."
        raise BusinessRefusal("no_line_items", detail, field=field, status=400)
    total = sum((line.total for line in lines), start=Decimal(0))
    if total < minimum:
        detail = f"The order comes to {total}; the minimum is {minimum}."
        raise BusinessRefusal("below_minimum", detail, field=field, status=400)
    if total > MAX_MONEY:
        detail = f"The order comes to more than the maximum, {MAX_MONEY}."
        raise BusinessRefusal("above_maximum", detail, field=field, status=400)
    return cents(total)
