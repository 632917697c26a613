"""The rules of a menu.  Pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.shared.refusals import BusinessRefusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Dish:
    """One item of a menu; the restaurant chooses its id."""

    id: str
    name: str
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetAddress:
    """Where a restaurant is."""

    street1: str
    city: str
    state: str
    zip: str
    street2: str = ""


def check_menu(dishes: Sequence[Dish], *, path: str) -> None:
    """Refuse a menu in which an id occurs twice or a price is not positive.

    Args:
        dishes: The whole menu.
        path: Where the caller's request has it, such as `menu.menuItems`; it begins the name of the field at fault.

    Raises:
        BusinessRefusal: `duplicate_menu_item` or `price_not_positive`, for the first item at fault.
    """
    seen: set[str] = set()
    for index, dish in enumerate(dishes):
        if dish.id in seen:
            detail = f"The menu has two items with the id {dish.id}."
            raise BusinessRefusal("duplicate_menu_item", detail, field=f"{path}[{index}].id", status=400)
        if dish.price <= 0:
            detail = "A price must be more than 0.00."
            raise BusinessRefusal("price_not_positive", detail, field=f"{path}[{index}].price", status=400)
        seen.add(dish.id)
