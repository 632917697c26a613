"""The services' own admin pages, after orders have travelled."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounting.models import Account
from apps.orders.models import Order
from postroad.sagas.models import SagaInstance
from postroad.testing.pump import Pump

pytestmark = pytest.mark.django_db

MENU = {"menuItems": [{"id": "1", "name": "Chicken Vindaloo", "price": "12.34"}]}
ADDRESS = {"street1": "1 Main Street", "city": "Oakland", "state": "CA", "zip": "94611"}


class Town:
    """The installed services with one consumer and one restaurant."""

    def __init__(self, client: Client) -> None:
        self.client, self.pump = client, Pump()
        name = {"firstName": "Ada", "lastName": "Lovelace"}
        self.consumer: int = self._post("/consumers/v1/consumers", {"name": name})["consumerId"]
        restaurant = {"name": "Ajanta", "address": ADDRESS, "menu": MENU}
        self.restaurant: int = self._post("/restaurants/v1/restaurants", restaurant)["id"]
        self.pump.until_quiet()

    def order(self) -> int:
        """Place an order and let it travel."""
        body = {
            "consumerId": self.consumer,
            "restaurantId": self.restaurant,
            "deliveryAddress": ADDRESS,
            "deliveryTime": "2030-01-02T18:30:00Z",
            "lineItems": [{"menuItemId": "1", "quantity": 2}],
        }
        order: int = self._post("/orders/v1/orders", body)["orderId"]
        self.pump.until_quiet()
        return order

    def accept(self, order: int) -> int:
        """Let the restaurant take an order and a courier carry it; return the order."""
        self._post("/delivery/v1/couriers/3/availability", {"available": True})
        self._post(f"/kitchen/v1/tickets/{order}/accept", {"readyBy": "2030-01-02T18:00:00Z"})
        self.pump.until_quiet()
        return order

    def _post(self, url: str, body: object) -> Any:
        return self.client.post(url, body, content_type="application/json").json()


@pytest.fixture
def town(db: None, client: Client) -> Iterator[Town]:
    town = Town(client)
    yield town
    town.pump.close()


def test_an_order_shows_its_lines_its_state_and_the_way_to_its_saga(admin_client: Client, town: Town) -> None:
    order = town.order()

    page = admin_client.get(f"/admin/orders/order/{order}/change/").content.decode()

    assert "Chicken Vindaloo" in page
    assert "24.68" in page
    assert "APPROVED" in page
    assert f"/admin/postroad_sagas/sagainstance/{SagaInstance.objects.get().pk}/change/" in page


def test_an_account_shows_its_journal_newest_entry_first(admin_client: Client, town: Town) -> None:
    town.order()

    page = admin_client.get(f"/admin/accounting/account/{town.consumer}/change/").content.decode()

    assert Account.objects.get().authorized_total == Order.objects.get().order_total
    assert page.index("AUTHORIZED") < page.index("OPENED")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/admin/kitchen/ticket/{order}/change/", "Chicken Vindaloo"),
        ("/admin/restaurants/restaurant/{restaurant}/change/", "Chicken Vindaloo"),
        ("/admin/orders/restaurant/{restaurant}/change/", "Chicken Vindaloo"),
        ("/admin/kitchen/restaurant/{restaurant}/change/", "Chicken Vindaloo"),
        ("/admin/delivery/restaurant/{restaurant}/change/", "Oakland"),
        ("/admin/delivery/delivery/{order}/change/", "1 Main Street, Oakland, CA, 94611"),
        ("/admin/delivery/courier/3/change/", "/admin/delivery/delivery/?courier_id__exact=3"),
        ("/admin/consumers/consumer/{consumer}/change/", "Lovelace"),
        ("/admin/orders/consumer/{consumer}/change/", "Lovelace"),
        ("/admin/order_history/orderview/{order}/change/", "APPROVED"),
        ("/admin/accounting/accountentry/?type__exact=OPENED", "OPENED"),
        ("/admin/orders/order/?q=%23{order}", "#{order}"),
        ("/admin/orders/order/?consumer_id__exact={consumer}", "#{order}"),
        ("/admin/orders/order/?restaurant_id__exact={restaurant}", "#{order}"),
        ("/admin/orders/order/?state__exact=APPROVED", "#{order}"),
        ("/admin/kitchen/ticket/?restaurant_id__exact={restaurant}", "#{order}"),
        ("/admin/delivery/delivery/?courier_id__exact=3", "#{order}"),
        ("/admin/delivery/delivery/?state__exact=SCHEDULED", "#{order}"),
        ("/admin/delivery/delivery/?q=%23{order}", "SCHEDULED"),
        ("/admin/delivery/courier/?available__exact=1", "/admin/delivery/courier/3/change/"),
        ("/admin/delivery/courier/?q=3", "/admin/delivery/delivery/?courier_id__exact=3"),
        ("/admin/delivery/restaurant/?q=Ajanta", "Oakland"),
        ("/admin/order_history/orderview/?consumer_id__exact={consumer}", "#{order}"),
        ("/admin/restaurants/restaurant/?q=Ajanta", "Oakland"),
        ("/admin/consumers/consumer/?q=Lovelace", "Ada"),
        ("/admin/consumers/consumer/?q=Lovelace+Ada", "Ada"),
        ("/admin/accounting/accountentry/?q={order}", "AUTHORIZED"),
    ],
)
def test_a_page_shows_what_matters(admin_client: Client, town: Town, url: str, shown: str) -> None:
    ids = {"order": town.accept(town.order()), "consumer": town.consumer, "restaurant": town.restaurant}

    answer = admin_client.get(url.format(**ids))

    assert answer.status_code == 200
    assert shown.format(**ids) in answer.content.decode()


PAGES = [
    "/admin/orders/order/",
    "/admin/kitchen/ticket/",
    "/admin/delivery/delivery/",
    "/admin/delivery/courier/",
    "/admin/accounting/account/",
    "/admin/accounting/accountentry/",
    "/admin/accounting/account/{consumer}/change/",
    "/admin/order_history/orderview/",
]


def statements(client: Client, town: Town) -> dict[str, int]:
    """Return how many statements each page costs."""
    counted = {}
    for url in PAGES:
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(url.format(consumer=town.consumer))
        assert answer.status_code == 200, url
        counted[url] = len(captured)
    return counted


def test_a_page_costs_the_same_for_two_orders_and_for_thirty(admin_client: Client, town: Town) -> None:
    placed = [town.accept(town.order()) for _ in range(2)]
    cost_of_two = statements(admin_client, town)
    placed += [town.accept(town.order()) for _ in range(28)]

    assert statements(admin_client, town) == cost_of_two
    assert max(cost_of_two.values()) <= 11
    assert Order.objects.filter(state="APPROVED").count() == len(placed)
