"""Bodies of the REST API of restaurants, in and out.  See also: `domain`, which has the rules."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from typing_extensions import override

from apps.restaurants.domain import Dish, StreetAddress
from apps.shared.fields import CamelSerializer, GivenMoneyField, IdField, ListOf, MoneyField, TextField
from apps.shared.values import parse_id

MAX_MENU_ITEMS = 1000  # of one menu; several times the longest we know of


class AddressSerializer(CamelSerializer):
    """Where the restaurant is."""

    street1 = TextField(max_length=200)
    street2 = TextField(max_length=200, required=False, allow_blank=True, allow_null=True)
    city = TextField(max_length=100)
    state = TextField(max_length=100)
    zip = TextField(max_length=20)


class GivenMenuItemSerializer(CamelSerializer):
    """One dish as the restaurant offers it."""

    id = TextField(max_length=100)
    name = TextField(max_length=200)
    price = GivenMoneyField()


class GivenMenuSerializer(CamelSerializer):
    """The whole menu as the restaurant offers it."""

    menu_items = ListOf(child=GivenMenuItemSerializer(), max_length=MAX_MENU_ITEMS)


class CreateRestaurantSerializer(CamelSerializer):
    """A restaurant that joins."""

    name = TextField(max_length=200)
    address = AddressSerializer()
    menu = GivenMenuSerializer()


def street_address(values: dict[str, Any]) -> StreetAddress:
    """Return the values of a valid `AddressSerializer` as what the use-case takes."""
    return StreetAddress(**{name: text for name, text in values.items() if text is not None})


def dishes(values: dict[str, Any]) -> tuple[Dish, ...]:
    """Return the values of a valid `GivenMenuSerializer` as what the use-case takes."""
    return tuple(Dish(**item) for item in values["menu_items"])


class RestaurantCreatedSerializer(CamelSerializer):
    """The new restaurant's id."""

    id = IdField()


class MenuItemSerializer(CamelSerializer):
    """One dish."""

    id = TextField()
    name = TextField()
    price = MoneyField()


class MenuSerializer(CamelSerializer):
    """The whole menu."""

    menu_items = ListOf(child=MenuItemSerializer(), source="dishes")


class RestaurantSerializer(CamelSerializer):
    """A restaurant with its menu."""

    id = IdField()
    name = TextField()
    menu = MenuSerializer(source="*")


@extend_schema_field({"type": "string", "pattern": "^[1-9][0-9]{0,18}$"})
class StartKeyField(serializers.Field[int, Any, str, Any]):
    """Where a page begins, as text that a client hands back as it is."""

    default_error_messages = {"invalid": "This is no startKey; take it from the answer that had the page before."}

    @override
    def to_internal_value(self, data: Any) -> int:
        found = parse_id(data, has_leading_zeros=False) if isinstance(data, str) else None
        if found is None:
            self.fail("invalid")
        return found

    @override
    def to_representation(self, value: int) -> str:
        return str(value)


class RestaurantsQuerySerializer(CamelSerializer):
    """Which restaurants are asked for."""

    start_key = StartKeyField(required=False)


class ListedRestaurantSerializer(CamelSerializer):
    """A restaurant in the list."""

    id = IdField(source="pk")
    name = TextField()


class RestaurantsSerializer(CamelSerializer):
    """Restaurants in the order in which they joined; `startKey` asks for the next page and is null on the last one."""

    restaurants = ListOf(child=ListedRestaurantSerializer())
    start_key = StartKeyField(source="end", allow_null=True)
