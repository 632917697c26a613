"""Restaurants and their menus, with their behaviour.  See also: `domain`, which has the rules of a menu."""

from collections.abc import Sequence
from dataclasses import asdict

from django.db import models
from typing_extensions import override

from apps.restaurants.domain import Dish, StreetAddress
from apps.shared.values import MONEY_DIGITS
from postroad import clock


class RestaurantQuerySet(models.QuerySet["Restaurant"]):
    """Ways to find restaurants."""

    def lock(self, restaurant_id: int) -> "Restaurant":
        """Return a restaurant under a row lock, in the caller's transaction.

        Raises:
            Restaurant.DoesNotExist: No restaurant has the id.
        """
        return self.select_for_update().get(pk=restaurant_id)


class Restaurant(models.Model):
    """A restaurant; take it with `Restaurant.objects.lock` before you change its menu."""

    name = models.TextField()
    address = models.JSONField()
    created_at = models.DateTimeField()

    objects = RestaurantQuerySet.as_manager()

    class Meta:
        """The admin searches by name and sorts by age."""

        indexes = [
            models.Index(fields=["name"], name="restaurants_name"),
            models.Index(fields=["created_at"], name="restaurants_created"),
        ]

    @override
    def __str__(self) -> str:
        return self.name

    @classmethod
    def open(cls, name: str, *, address: StreetAddress, dishes: Sequence[Dish]) -> "Restaurant":
        """Store a new restaurant with its menu."""
        restaurant = cls.objects.create(name=name, address=asdict(address), created_at=clock.now())
        restaurant.replace_menu(dishes)
        return restaurant

    @property
    def dishes(self) -> tuple[Dish, ...]:
        """The menu, in the restaurant's own order; one statement."""
        items = self.menu_items.order_by("pk")
        return tuple(Dish(id=item.item_id, name=item.name, price=item.price) for item in items)

    def replace_menu(self, dishes: Sequence[Dish]) -> None:
        """Replace the menu by these dishes."""
        self.menu_items.all().delete()
        MenuItem.objects.bulk_create(
            MenuItem(restaurant=self, item_id=dish.id, name=dish.name, price=dish.price) for dish in dishes
        )


class MenuItem(models.Model):
    """One dish of a menu; `item_id` is the restaurant's own id of it."""

    restaurant = models.ForeignKey(Restaurant, on_delete=models.CASCADE, related_name="menu_items")
    item_id = models.TextField()
    name = models.TextField()
    price = models.DecimalField(max_digits=MONEY_DIGITS, decimal_places=2)

    class Meta:
        """An id occurs once in a menu."""

        constraints = [
            models.UniqueConstraint(fields=["restaurant", "item_id"], name="restaurants_menu_item_once"),
        ]

    @override
    def __str__(self) -> str:
        return self.name
