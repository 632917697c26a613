"""Abstract models of the replica of a restaurant: a service derives its own tables and says what it keeps of a dish."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, ClassVar, Protocol, Self

from django.db import models
from typing_extensions import override

from apps.shared.refusals import not_found


class Dish(Protocol):
    """A dish as an event of restaurants describes it."""

    @property
    def id(self) -> str:
        """Its id, unique within the menu."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def price(self) -> Decimal:
        """Its price."""


class RestaurantReplica(models.Model):
    """Replica of a restaurant, under the id that it has in the restaurants service."""

    id = models.BigIntegerField(primary_key=True)
    name = models.TextField()

    class Meta:
        """The admin searches by name."""

        abstract = True
        indexes = [models.Index(fields=["name"], name="%(app_label)s_restaurant_name")]

    @override
    def __str__(self) -> str:
        return self.name

    @classmethod
    def find(cls, restaurant_id: int) -> Self:
        """Return the replica of a restaurant.

        Raises:
            BusinessRefusal: `not_found`: it does not exist, or its event has not arrived yet.
        """
        restaurant = cls._default_manager.filter(pk=restaurant_id).first()
        if restaurant is None:
            raise not_found("restaurant", restaurant_id)
        return restaurant


class RestaurantMenuReplica(RestaurantReplica):
    """Replica of a restaurant with its menu; the table of dishes is a `MenuItemReplica`.

    Attributes:
        dish_columns: What the service keeps of each dish besides its id.
    """

    dish_columns: ClassVar[tuple[str, ...]] = ("name",)
    menu_items: Any  # the manager that the foreign key of the dishes adds

    class Meta(RestaurantReplica.Meta):
        """As for a replica without a menu."""

        abstract = True

    @classmethod
    def keep(cls, restaurant_id: int, *, name: str, menu: Iterable[Dish]) -> None:
        """Store a restaurant and its menu, or replace what is stored; safe to repeat."""
        restaurant, _ = cls._default_manager.update_or_create(pk=restaurant_id, defaults={"name": name})
        restaurant.replace_menu(menu)

    @classmethod
    def keep_menu(cls, restaurant_id: int, *, menu: Iterable[Dish]) -> None:
        """Replace the menu of a restaurant; safe to repeat.

        The event that creates a restaurant comes before its menus. So a restaurant that is not stored was lost, and is
        restored by a later snapshot, which has this menu too.
        """
        restaurant = cls._default_manager.filter(pk=restaurant_id).first()
        if restaurant is not None:
            restaurant.replace_menu(menu)

    def replace_menu(self, menu: Iterable[Dish]) -> None:
        """Store this menu and delete the old one; two statements, safe to repeat."""
        self.menu_items.all().delete()
        item = self.menu_items.model
        self.menu_items.bulk_create(
            item(restaurant=self, menu_item_id=dish.id, **{name: getattr(dish, name) for name in self.dish_columns})
            for dish in menu
        )


class MenuItemReplica(models.Model):
    """Replica of a dish; a service adds the foreign key `restaurant` with the related name `menu_items`."""

    menu_item_id = models.TextField()
    name = models.TextField()

    class Meta:
        """An id occurs once in a menu."""

        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["restaurant", "menu_item_id"], name="%(app_label)s_menu_item_once"),
        ]

    @override
    def __str__(self) -> str:
        return self.name
