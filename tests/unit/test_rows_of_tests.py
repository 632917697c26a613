"""A test that commits leaves nothing to the next one."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import TransactionTestCase

from apps.orders.models import MenuItem, Restaurant

pytestmark = pytest.mark.django_db(transaction=True)


def test_rows_are_deleted_whatever_refers_to_them_and_permissions_stay() -> None:
    permissions = Permission.objects.count()
    ada = User.objects.create_user("ada")
    ada.user_permissions.set(Permission.objects.all()[:3])
    restaurant = Restaurant.objects.create(id=7, name="Ajanta")
    MenuItem.objects.create(restaurant=restaurant, menu_item_id="1", name="Vindaloo", price="12.34")

    TransactionTestCase()._fixture_teardown()

    assert [model.objects.count() for model in (User, User.user_permissions.through, Restaurant, MenuItem)] == [0] * 4
    assert Permission.objects.count() == permissions > 0
