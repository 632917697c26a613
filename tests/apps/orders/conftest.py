"""What the tests of orders begin with."""

from decimal import Decimal
from typing import Any

import pytest

from apps.orders import usecases
from apps.restaurants.messages import Address, Menu, MenuItem, RestaurantCreated

AJANTA = RestaurantCreated(
    restaurant_id=7,
    name="Ajanta",
    address=Address(street1="1 Main Street", city="Oakland", state="CA", zip="94611"),
    menu=Menu(
        menu_items=(
            MenuItem(id="1", name="Chicken Vindaloo", price=Decimal("12.34")),
            MenuItem(id="2", name="Naan", price=Decimal("0.50")),
        )
    ),
)


@pytest.fixture
def ajanta(db: None) -> RestaurantCreated:
    """A restaurant whose replica orders has."""
    usecases.keep_restaurant(AJANTA)
    return AJANTA


@pytest.fixture
def body() -> dict[str, Any]:
    """A valid body of POST /v1/orders at that restaurant."""
    return {
        "consumerId": 5,
        "restaurantId": 7,
        "deliveryAddress": {"street1": "9 Amazing View", "city": "Oakland", "state": "CA", "zip": "94612"},
        "deliveryTime": "2030-01-02T18:30:00Z",
        "lineItems": [{"menuItemId": "1", "quantity": 2}, {"menuItemId": "2", "quantity": 1}],
    }
