"""What restaurants can do, one function per verb, each inside the transaction that its caller opened."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.restaurants.domain import Dish, StreetAddress, check_menu
from apps.restaurants.messages import Address, Menu, MenuItem, MenuRevised, RestaurantCreated
from apps.restaurants.models import Restaurant
from apps.shared.refusals import not_found
from postroad import Snapshot, publish

PAGE_SIZE = 50  # restaurants of one answer: names only


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Restaurants in the order in which they joined; `end` is the last one's id, None on the last page."""

    restaurants: tuple[Restaurant, ...]
    end: int | None


def list_restaurants(*, after: int = 0) -> Page:
    """Return at most `PAGE_SIZE` restaurants that joined after one; one statement."""
    found = tuple(Restaurant.objects.filter(pk__gt=after).order_by("pk")[: PAGE_SIZE + 1])
    restaurants = found[:PAGE_SIZE]
    return Page(restaurants=restaurants, end=restaurants[-1].pk if len(found) > PAGE_SIZE else None)


def create_restaurant(name: str, *, address: StreetAddress, dishes: Sequence[Dish]) -> Restaurant:
    """Register a restaurant, and publish the event.

    Raises:
        BusinessRefusal: The menu is not valid (see `check_menu`).
    """
    check_menu(dishes, path="menu.menuItems")
    restaurant = Restaurant.open(name, address=address, dishes=dishes)
    publish(_created(restaurant))
    return restaurant


def revise_menu(restaurant_id: int, *, dishes: Sequence[Dish]) -> Restaurant:
    """Replace a restaurant's menu, and publish the event.

    Raises:
        BusinessRefusal: The restaurant does not exist, or the menu is not valid.
    Concurrency: revisions of one restaurant run one after another, so the last event has the stored menu.
    """
    restaurant = lock_restaurant(restaurant_id)
    check_menu(dishes, path="menuItems")
    restaurant.replace_menu(dishes)
    publish(MenuRevised(restaurant_id=restaurant.pk, menu=_menu(dishes)))
    return restaurant


def find_restaurant(restaurant_id: int) -> Restaurant:
    """Return a restaurant.

    Raises:
        BusinessRefusal: `not_found`.
    """
    restaurant = Restaurant.objects.filter(pk=restaurant_id).first()
    if restaurant is None:
        raise not_found("restaurant", restaurant_id)
    return restaurant


def lock_restaurant(restaurant_id: int) -> Restaurant:
    """Like `find_restaurant`, under a row lock, in the caller's transaction."""
    try:
        return Restaurant.objects.lock(restaurant_id)
    except Restaurant.DoesNotExist:
        raise not_found("restaurant", restaurant_id) from None


def snapshots(after: str, maximum: int) -> list[Snapshot]:
    """Return snapshots of the next restaurants, for rebuilding a replica; their rows are locked."""
    found = Restaurant.objects.filter(pk__gt=int(after or 0)).select_for_update().order_by("pk")[:maximum]
    return [Snapshot(key=str(restaurant.pk), events=(_created(restaurant),)) for restaurant in found]


def _created(restaurant: Restaurant) -> RestaurantCreated:
    address = Address(**restaurant.address)
    return RestaurantCreated(
        restaurant_id=restaurant.pk, name=restaurant.name, address=address, menu=_menu(restaurant.dishes)
    )


def _menu(dishes: Sequence[Dish]) -> Menu:
    return Menu(menu_items=tuple(MenuItem(id=dish.id, name=dish.name, price=dish.price) for dish in dishes))
