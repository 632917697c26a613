"""The services' own admin pages, after orders have travelled."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.accounting.models import Account
from apps.orders.models import Order
from postroad.sagas.models import SagaInstance
from postroad.testing.pump import Pump

pytestmark = pytest.mark.django_db

MENU = {"menuItems": [{"id": "1", "name": "Chicken Vindaloo", "price": "12.34"}]}
ADDRESS = {"street1": "1 Main Street", "city": "Oakland", "state": "CA", "zip": "94611"}


def post(client: Client, url: str, body: object) -> Any:
    return client.post(url, body, content_type="application/json").json()


def place(client: Client, quantity: int = 2) -> int:
    body = {
        "consumerId": 1,
        "restaurantId": 1,
        "deliveryAddress": ADDRESS,
        "deliveryTime": "2030-01-02T18:30:00Z",
        "lineItems": [{"menuItemId": "1", "quantity": quantity}],
    }
    order: int = post(client, "/orders/v1/orders", body)["orderId"]
    return order


@pytest.fixture
def services(db: None, client: Client) -> Any:
    """The installed services with one consumer and one restaurant, numbered 1 each in a new database."""
    pump = Pump()
    consumer = post(client, "/consumers/v1/consumers", {"name": {"firstName": "Ada", "lastName": "Lovelace"}})
    restaurant = post(client, "/restaurants/v1/restaurants", {"name": "Ajanta", "address": ADDRESS, "menu": MENU})
    pump.until_quiet()
    assert (consumer, restaurant) == ({"consumerId": 1}, {"id": 1})
    yield pump
    pump.close()


def test_an_order_shows_its_lines_its_state_and_the_way_to_its_saga(
    admin_client: Client, client: Client, services: Pump
) -> None:
    order = place(client)
    services.until_quiet()

    page = admin_client.get(f"/admin/orders/order/{order}/change/").content.decode()

    assert "Chicken Vindaloo" in page
    assert "24.68" in page
    assert "APPROVED" in page
    assert f"/admin/postroad_sagas/sagainstance/{SagaInstance.objects.get().pk}/change/" in page


def test_an_account_shows_its_journal_newest_entry_first(admin_client: Client, client: Client, services: Pump) -> None:
    place(client)
    services.until_quiet()

    page = admin_client.get("/admin/accounting/account/1/change/").content.decode()

    assert Account.objects.get().authorized_total == Order.objects.get().order_total
    assert page.index("AUTHORIZED") < page.index("OPENED")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/admin/kitchen/ticket/1/change/", "Chicken Vindaloo"),
        ("/admin/restaurants/restaurant/1/change/", "Chicken Vindaloo"),
        ("/admin/orders/restaurant/1/change/", "Chicken Vindaloo"),
        ("/admin/kitchen/restaurant/1/change/", "Chicken Vindaloo"),
        ("/admin/consumers/consumer/1/change/", "Lovelace"),
        ("/admin/orders/consumer/1/change/", "Lovelace"),
        ("/admin/order_history/orderview/1/change/", "APPROVED"),
        ("/admin/accounting/accountentry/1/change/", "OPENED"),
        ("/admin/orders/order/?q=%231", "#1"),
        ("/admin/orders/order/?consumer_id__exact=1", "#1"),
        ("/admin/orders/order/?restaurant_id__exact=1", "#1"),
        ("/admin/orders/order/?state__exact=APPROVED", "#1"),
        ("/admin/kitchen/ticket/?restaurant_id__exact=1", "#1"),
        ("/admin/order_history/orderview/?consumer_id__exact=1", "#1"),
        ("/admin/restaurants/restaurant/?q=Ajanta", "Oakland"),
        ("/admin/consumers/consumer/?q=Lovelace", "Ada"),
        ("/admin/consumers/consumer/?q=Lovelace+Ada", "Ada"),
        ("/admin/accounting/accountentry/?q=1", "AUTHORIZED"),
    ],
)
def test_a_page_shows_what_matters(admin_client: Client, client: Client, services: Pump, url: str, shown: str) -> None:
    place(client)
    services.until_quiet()

    answer = admin_client.get(url)

    assert answer.status_code == 200
    assert shown in answer.content.decode()


@pytest.mark.parametrize("orders", [1, 30])
@pytest.mark.parametrize(
    "url",
    [
        "/admin/orders/order/",
        "/admin/kitchen/ticket/",
        "/admin/accounting/account/",
        "/admin/accounting/accountentry/",
        "/admin/accounting/account/1/change/",
        "/admin/order_history/orderview/",
    ],
)
def test_a_page_costs_the_same_for_one_order_and_for_thirty(
    admin_client: Client,
    client: Client,
    services: Pump,
    url: str,
    orders: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    placed = [place(client) for _ in range(orders)]
    services.until_quiet()

    with django_assert_max_num_queries(11):
        admin_client.get(url)

    assert Order.objects.filter(state="APPROVED").count() == len(placed)
