"""What orders keeps of restaurants and consumers."""

from decimal import Decimal

import pytest

from apps.consumers.messages import ConsumerCreated
from apps.orders import usecases
from apps.orders.domain import Dish
from apps.orders.models import Consumer, MenuItem, Restaurant
from apps.restaurants.messages import Menu, MenuRevised, RestaurantCreated
from apps.restaurants.messages import MenuItem as OfferedItem

pytestmark = pytest.mark.django_db


def test_a_restaurant_is_kept_with_its_menu(ajanta: RestaurantCreated) -> None:
    assert Restaurant.objects.get(pk=7).dishes(["1", "3"]) == {
        "1": Dish(name="Chicken Vindaloo", price=Decimal("12.34"))
    }


def test_keeping_a_restaurant_twice_changes_nothing(ajanta: RestaurantCreated) -> None:
    usecases.keep_restaurant(ajanta)

    assert (Restaurant.objects.count(), MenuItem.objects.count()) == (1, 2)


def test_a_revised_menu_replaces_the_old_one(ajanta: RestaurantCreated) -> None:
    revised = Menu(menu_items=(OfferedItem(id="1", name="Vindaloo", price=Decimal("13.00")),))

    usecases.keep_menu(MenuRevised(restaurant_id=7, menu=revised))

    assert Restaurant.objects.get(pk=7).dishes(["1", "2"]) == {"1": Dish(name="Vindaloo", price=Decimal("13.00"))}


def test_a_menu_of_a_restaurant_that_was_lost_waits_for_its_snapshot() -> None:
    usecases.keep_menu(MenuRevised(restaurant_id=8, menu=Menu(menu_items=())))

    assert not Restaurant.objects.exists()


def test_keeping_a_consumer_twice_keeps_the_newer_name() -> None:
    usecases.keep_consumer(ConsumerCreated(consumer_id=5, first_name="Ada", last_name="Byron"))
    usecases.keep_consumer(ConsumerCreated(consumer_id=5, first_name="Ada", last_name="Lovelace"))

    assert str(Consumer.objects.get()) == "Ada Lovelace"
