"""The REST API of restaurants, version 2: resources and actions."""

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
from apps.shared.hypermedia.resource import Action, Creation, Resource, Values


class OfferedMenuSerializer(CamelSerializer):
    """The whole menu, in the restaurant's own order."""

    menu_items = ListOf(child=MenuItemSerializer(), source="dishes")


class RestaurantDetailsSerializer(CamelSerializer):
    """A restaurant with its menu."""

    id = IdField()
    name = TextField()
    address = AddressSerializer()
    menu = OfferedMenuSerializer(source="*")


def _create(values: Values) -> Restaurant:
    address = street_address(values["address"])
    return usecases.create_restaurant(values["name"], address=address, dishes=dishes(values["menu"]))


RESTAURANT: Resource[Restaurant] = Resource(
    service="restaurants",
    name="restaurant",
    path="restaurants/<id:restaurant_id>",
    summary="Show a restaurant and its menu.",
    body=RestaurantDetailsSerializer,
    find=usecases.find_restaurant,
    lock=usecases.lock_restaurant,
    actions=(
        Action(
            name="revise-menu",
            operation="reviseMenu",
            address="menu",
            method="PUT",
            summary="Replace the menu; the other services learn of it by an event.",
            body=GivenMenuSerializer,
            run=lambda restaurant, values: usecases.revise_menu(restaurant.pk, dishes=dishes(values)),
        ),
    ),
    creation=Creation(
        summary="Take a restaurant in; the other services learn of it by an event.",
        body=CreateRestaurantSerializer,
        run=_create,
    ),
)
