"""The REST API of order_history, version 1: one question."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.order_history import usecases
from apps.order_history.api.serializers import OrdersQuerySerializer, OrdersSerializer, order_filter
from apps.shared.hypermedia.protocol.paging import read_query
from apps.shared.views import ServiceView, errors


class OrdersView(ServiceView):
    """All orders."""

    service = "order_history"

    @extend_schema(
        operation_id="findOrders",
        parameters=[OrdersQuerySerializer],
        responses={200: OrdersSerializer, **errors(400)},
    )
    def get(self, request: Request) -> Response:
        """Show orders, newest first: of a consumer, in a status, since a moment, with all of some words in its names."""
        return Response(
            OrdersSerializer(usecases.find_orders(order_filter(read_query(request, OrdersQuerySerializer)))).data
        )
