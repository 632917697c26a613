"""What is special in version 1 of the REST API of orders.  See also: `urls`, which derives the rest from `v2`."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orders import usecases
from apps.orders.api.serializers import (
    CreateOrderSerializer,
    JourneySerializer,
    OrderCreatedSerializer,
    order_request,
    shown_journey,
)
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
