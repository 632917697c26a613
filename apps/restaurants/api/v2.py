"""The REST API of restaurants: its resource and the actions."""

from typing import Any

from apps.restaurants import usecases
from apps.restaurants.api.serializers import (
    AddressSerializer,
    CreateRestaurantSerializer,
    GivenMenuSerializer,
    MenuItemSerializer,
    dishes,
    street_address,
)
from apps.restaurants.models import Restaurant
from apps.shared.fields import CamelSerializer, IdField, ListOf, TextField
from apps.shared.hypermedia.resource import Action, Creation, Resource


class OfferedMenuSerializer(CamelSerializer):
    """The whole menu, in the restaurant's own order."""

    menu_items = ListOf(child=MenuItemSerializer(), source="dishes")


class RestaurantDetailsSerializer(CamelSerializer):
    """A restaurant with its menu."""

    id = IdField()
    name = TextField()
    address = AddressSerializer()
    menu = OfferedMenuSerializer(source="*")


def _create(name: str, address: dict[str, Any], menu: dict[str, Any]) -> Restaurant:
    return usecases.create_restaurant(name, address=street_address(address), dishes=dishes(menu))


def _revise_menu(restaurant_id: int, **menu: Any) -> Restaurant:
    return usecases.revise_menu(restaurant_id, dishes=dishes(menu))


# fmt: off
RESTAURANT: Resource[Restaurant] = Resource(
    service="restaurants", name="restaurant", path="restaurants/<id:restaurant_id>",
    summary="Show a restaurant and its menu.", body=RestaurantDetailsSerializer,
    find=usecases.find_restaurant, lock=usecases.lock_restaurant,
    actions=[
        Action("revise-menu", _revise_menu, operation="reviseMenu", address="menu", method="PUT",
               body=GivenMenuSerializer, summary="Replace the menu; the other services learn of it by an event."),
    ],
    creation=Creation(
        summary="Take a restaurant in; the other services learn of it by an event.",
        body=CreateRestaurantSerializer, run=_create,
    ),
)
# fmt: on
