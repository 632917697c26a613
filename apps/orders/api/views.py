"""The REST API of orders, version 1: one method per operation."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders import usecases
from apps.orders.api.serializers import (
    ContentsSerializer,
    CreateOrderSerializer,
    JourneySerializer,
    OrderCreatedSerializer,
    OrderSerializer,
    RestaurantSerializer,
    ReviseOrderSerializer,
    order_request,
    requested_items,
    shown_journey,
)
from apps.orders.models import Restaurant
from apps.shared.views import ServiceView, errors, path_id, read_body
from postroad import unit_of_work


class OrdersView(ServiceView):
    """All orders."""

    service = "orders"

    @extend_schema(
        operation_id="createOrder",
        request=CreateOrderSerializer,
        responses={200: OrderCreatedSerializer, **errors(400, 403, 413, 415)},
    )
    def post(self, request: Request) -> Response:
        """Place an order; it is APPROVAL_PENDING until consumers, kitchen and accounting have answered."""
        wanted = order_request(read_body(request, CreateOrderSerializer))
        with unit_of_work():
            order = usecases.create_order(wanted)
        return Response(OrderCreatedSerializer(order).data)


class OrderView(ServiceView):
    """One order."""

    service = "orders"

    @extend_schema(
        operation_id="getOrder", parameters=[path_id("order_id")], responses={200: OrderSerializer, **errors(404)}
    )
    def get(self, request: Request, order_id: int) -> Response:
        """Show an order's state and total."""
        return Response(OrderSerializer(usecases.find_order(order_id)).data)


class ContentsView(ServiceView):
    """What one order consists of."""

    service = "orders"

    @extend_schema(
        operation_id="getOrderContents",
        parameters=[path_id("order_id")],
        responses={200: ContentsSerializer, **errors(404)},
    )
    def get(self, request: Request, order_id: int) -> Response:
        """Show what was ordered, by whom, where, for when and to which address."""
        return Response(ContentsSerializer(usecases.find_order(order_id)).data)


class CancelView(ServiceView):
    """The consumer's request to cancel an order."""

    service = "orders"

    @extend_schema(
        operation_id="cancelOrder",
        parameters=[path_id("order_id")],
        request=None,
        responses={200: OrderSerializer, **errors(404, 409)},
    )
    def post(self, request: Request, order_id: int) -> Response:
        """Begin to cancel an order; it is CANCEL_PENDING until kitchen and accounting have answered."""
        with unit_of_work():
            order = usecases.cancel_order(order_id)
        return Response(OrderSerializer(order).data)


class ReviseView(ServiceView):
    """The consumer's request to change quantities."""

    service = "orders"

    @extend_schema(
        operation_id="reviseOrder",
        parameters=[path_id("order_id")],
        request=ReviseOrderSerializer,
        responses={200: OrderSerializer, **errors(400, 404, 409, 413, 415)},
    )
    def post(self, request: Request, order_id: int) -> Response:
        """Begin to revise an order; it is REVISION_PENDING until kitchen and accounting have answered.

        An item that is not named stays as it is; quantity 0 takes it out.
        """
        items = requested_items(read_body(request, ReviseOrderSerializer))
        with unit_of_work():
            order = usecases.revise_order(order_id, items)
        return Response(OrderSerializer(order).data)


class JourneyView(ServiceView):
    """The saga history of one order."""

    service = "orders"

    @extend_schema(
        operation_id="getOrderJourney",
        parameters=[path_id("order_id")],
        responses={200: JourneySerializer, **errors(404)},
    )
    def get(self, request: Request, order_id: int) -> Response:
        """Show the commands that were sent for an order, their replies and durations."""
        order = usecases.find_order(order_id)
        return Response(JourneySerializer(shown_journey(order, usecases.find_history(order))).data)


class RestaurantView(ServiceView):
    """The replica of one restaurant."""

    service = "orders"

    @extend_schema(
        operation_id="getRestaurantReplica",
        parameters=[path_id("restaurant_id")],
        responses={200: RestaurantSerializer, **errors(404)},
    )
    def get(self, request: Request, restaurant_id: int) -> Response:
        """Show whether orders knows a restaurant yet."""
        return Response(RestaurantSerializer(Restaurant.find(restaurant_id)).data)
