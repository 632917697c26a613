"""The REST API of orders: its resources and their actions."""

from typing import Any

from typing_extensions import override

from apps.orders import usecases
from apps.orders.api.serializers import (
    AddressSerializer,
    CreateOrderSerializer,
    JourneySerializer,
    OrderSerializer,
    ReviseOrderSerializer,
    order_request,
    requested_items,
    shown_journey,
)
from apps.orders.domain import TRANSITIONS, OrderVerb
from apps.orders.models import Order, Restaurant
from apps.shared.fields import CamelSerializer, IdField, ListOf, MomentField, MoneyField, TextField, WholeNumberField
from apps.shared.hypermedia.expand import Expansion
from apps.shared.hypermedia.protocol.paging import CursorField, Page
from apps.shared.hypermedia.resource import Action, Creation, Listing, Resource, Values
from apps.shared.replicas.api import RestaurantSerializer, restaurant_resource


class OrderedItemSerializer(CamelSerializer):
    """One line, with name and price as they were when the order was placed."""

    menu_item_id = TextField()
    name = TextField()
    price = MoneyField()
    quantity = WholeNumberField(min_value=1)


class OrderSummarySerializer(OrderSerializer):
    """An order in a list."""

    consumer_id = IdField()
    restaurant_id = IdField()
    restaurant_name = TextField()
    created_at = MomentField()


class OrderDetailsSerializer(OrderSummarySerializer):
    """An order; `rejectionReason` is there when it was rejected, the other two when its last change was refused."""

    line_items = ListOf(child=OrderedItemSerializer(), source="lines")
    delivery_address = AddressSerializer(source="address")
    delivery_time = MomentField()


class ConsumerSerializer(CamelSerializer):
    """The replica of a consumer."""

    consumer_id = IdField(source="pk")
    first_name = TextField()
    last_name = TextField()


class StorySerializer(JourneySerializer):
    """The saga history of an order: the commands and their replies; `saga` is null when the saga has been deleted."""

    @override
    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(shown_journey(instance, usecases.find_history(instance)))
        return shown


def _listed(query: Values) -> Page[Order]:
    orders = usecases.newest_orders(before=query.get("cursor"), maximum=query["limit"] + 1)
    shown = orders[: query["limit"]]
    is_last = len(orders) == len(shown)
    return Page(items=shown, cursor=None if is_last else CursorField().to_representation(shown[-1].pk))


def _create(**values: Any) -> Order:
    return usecases.create_order(order_request(values))


def _revise(order_id: int, **values: Any) -> Order:
    return usecases.revise_order(order_id, requested_items(values))


RESTAURANT = restaurant_resource(Restaurant, service="orders", summary="Show whether orders knows a restaurant yet.")
JOURNEY: Resource[Order] = Resource(
    service="orders",
    name="journey",
    path="orders/<id:order_id>/journey",
    summary="Show what was asked of whom for an order, what they answered and how long it took.",
    body=StorySerializer,
    find=usecases.find_order,
    related={"order": lambda order: ORDER.address(order.pk)},
)
# fmt: off
ORDER: Resource[Order] = Resource(
    service="orders", name="order", path="orders/<id:order_id>",
    summary="Show an order.", body=OrderDetailsSerializer,
    find=usecases.find_order, lock=usecases.lock_order, transitions=TRANSITIONS,
    actions=[
        Action("cancel", usecases.cancel_order, operation="cancelOrder", verb=OrderVerb.BEGIN_CANCEL, status=202,
               summary="Begin to cancel an order; it is CANCEL_PENDING until kitchen and accounting have answered."),
        Action("revise", _revise, operation="reviseOrder", verb=OrderVerb.BEGIN_REVISE, status=202,
               body=ReviseOrderSerializer,
               summary="Begin to revise an order; an item that is not named stays as it is, quantity 0 takes it out."),
    ],
    related={
        "restaurant": lambda order: RESTAURANT.address(order.restaurant_id),
        "journey": lambda order: JOURNEY.address(order.pk),
    },
    parts={
        "consumer": Expansion(find=lambda order: usecases.find_consumer(order.consumer_id), body=ConsumerSerializer),
        "restaurant": Expansion(find=lambda order: Restaurant.find(order.restaurant_id), body=RestaurantSerializer),
        "journey": Expansion(find=lambda order: order, body=StorySerializer),
    },
    creation=Creation(
        summary="Place an order; it is APPROVAL_PENDING until consumers, kitchen and accounting have answered.",
        body=CreateOrderSerializer, run=_create, status=202,
    ),
    listing=Listing(summary="Show orders, newest first.", name="orders", body=OrderSummarySerializer, find=_listed),
)
# fmt: on
