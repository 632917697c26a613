"""The rules of a menu."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from apps.restaurants.domain import Dish, check_menu
from apps.shared.refusals import BusinessRefusal


def dish(menu_item_id: str) -> Dish:
    return Dish(id=menu_item_id, name="Naan", price=Decimal("0.01"))


@given(some.lists(some.builds(dish, some.text("abc", max_size=3)), unique_by=lambda each: each.id))
def test_a_menu_of_different_dishes_is_taken(dishes: list[Dish]) -> None:
    check_menu(dishes, path="menuItems")


@given(some.lists(some.builds(dish, some.sampled_from("abc")), min_size=4))
def test_a_menu_with_an_id_twice_is_refused(dishes: list[Dish]) -> None:
    with pytest.raises(BusinessRefusal, match="two items with the id"):
        check_menu(dishes, path="menuItems")


def test_the_item_at_fault_is_named_by_its_path() -> None:
    with pytest.raises(BusinessRefusal) as refused:
        check_menu([dish("a"), Dish(id="b", name="Naan", price=Decimal(0))], path="menu.menuItems")

    assert (refused.value.code, refused.value.field) == ("price_not_positive", "menu.menuItems[1].price")
