"""The contract of restaurants: its events."""

from postroad import EventChannel, Message, Money, Positive, Text, event

RESTAURANTS = EventChannel("restaurants.Restaurant", shards=4)


class Address(Message):
    """Where a restaurant is, and couriers pick up."""

    street1: Text
    city: Text
    state: Text
    zip: Text
    street2: str = ""


class MenuItem(Message):
    """One dish; its id is unique within the menu and chosen by the restaurant."""

    id: Text
    name: Text
    price: Money


class Menu(Message):
    """The whole menu."""

    menu_items: tuple[MenuItem, ...]


@event("restaurants.RestaurantCreated", of=RESTAURANTS, key="restaurant_id")
class RestaurantCreated(Message):
    """A restaurant has joined."""

    restaurant_id: Positive
    name: Text
    address: Address
    menu: Menu


@event("restaurants.MenuRevised", of=RESTAURANTS, key="restaurant_id")
class MenuRevised(Message):
    """The menu was replaced; orders taken before keep their prices."""

    restaurant_id: Positive
    menu: Menu
