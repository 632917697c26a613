"""What delivery keeps of restaurants."""

import pytest
from msgspec.structs import replace

from apps.delivery.models import Restaurant
from tests.apps.delivery.events import AJANTA, STREET, arrive

pytestmark = pytest.mark.django_db


def test_a_restaurant_is_kept_with_its_address() -> None:
    arrive(AJANTA)

    restaurant = Restaurant.objects.get()
    assert (restaurant.pk, restaurant.name, restaurant.address) == (7, "Ajanta", STREET)


def test_a_restaurant_that_is_told_again_is_kept_as_it_is_now() -> None:
    arrive(AJANTA)

    arrive(replace(AJANTA, name="Ajanta II"))

    assert Restaurant.objects.get().name == "Ajanta II"
