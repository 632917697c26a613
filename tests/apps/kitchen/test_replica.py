"""What the kitchen keeps of restaurants."""

import pytest

from apps.kitchen import usecases
from apps.kitchen.handlers import EVENTS
from apps.kitchen.models import MenuItem, Restaurant
from apps.restaurants.messages import Menu, MenuRevised, RestaurantCreated
from apps.restaurants.messages import MenuItem as OfferedItem

pytestmark = pytest.mark.django_db


def test_a_restaurant_is_kept_with_its_menu(ajanta: RestaurantCreated) -> None:
    assert Restaurant.objects.get(pk=7).offered(["1", "3"]) == {"1"}


def test_keeping_a_restaurant_twice_changes_nothing(ajanta: RestaurantCreated) -> None:
    usecases.keep_restaurant(ajanta)

    assert (Restaurant.objects.count(), MenuItem.objects.count()) == (1, 2)


def test_a_revised_menu_replaces_the_old_one(ajanta: RestaurantCreated) -> None:
    revised = Menu(menu_items=(OfferedItem(id="3", name="Raita", price=ajanta.menu.menu_items[0].price),))

    usecases.keep_menu(MenuRevised(restaurant_id=7, menu=revised))

    assert Restaurant.objects.get(pk=7).offered(["1", "2", "3"]) == {"3"}


def test_a_menu_of_a_restaurant_that_was_lost_waits_for_its_snapshot() -> None:
    usecases.keep_menu(MenuRevised(restaurant_id=8, menu=Menu(menu_items=())))

    assert not Restaurant.objects.exists()


def test_both_events_of_restaurants_are_subscribed_to() -> None:
    (table,) = EVENTS

    assert (table.subscriber, set(table.handlers)) == ("kitchen.restaurants", {RestaurantCreated, MenuRevised})
