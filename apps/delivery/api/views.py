"""The REST API of delivery, version 1: one method per operation.

A pick-up is not told here: whoever hands the food out tells the kitchen, whose event arrives.
"""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.delivery import usecases
from apps.delivery.api.serializers import (
    AvailabilitySerializer,
    CourierSerializer,
    DeliverySerializer,
    RestaurantSerializer,
)
from apps.delivery.models import Restaurant
from apps.shared.views import ServiceView, errors, path_id, read_body
from postroad import unit_of_work


class CourierView(ServiceView):
    """One courier."""

    service = "delivery"

    @extend_schema(
        operation_id="getCourier", parameters=[path_id("courier_id")], responses={200: CourierSerializer, **errors(404)}
    )
    def get(self, request: Request, courier_id: int) -> Response:
        """Show a courier and their next actions."""
        return Response(CourierSerializer(usecases.find_courier(courier_id)).data)


class AvailabilityView(ServiceView):
    """Whether a courier takes further deliveries."""

    service = "delivery"

    @extend_schema(
        operation_id="changeAvailability",
        parameters=[path_id("courier_id")],
        request=AvailabilitySerializer,
        responses={200: CourierSerializer, **errors(400, 404, 413, 415)},
    )
    def post(self, request: Request, courier_id: int) -> Response:
        """Note that a courier is available, or not; an unknown courier is taken in."""
        available = read_body(request, AvailabilitySerializer)["available"]
        with unit_of_work():
            courier = usecases.change_availability(courier_id, available=available)
        return Response(CourierSerializer(courier).data)


class DeliveryView(ServiceView):
    """One delivery."""

    service = "delivery"

    @extend_schema(
        operation_id="getDelivery",
        parameters=[path_id("delivery_id")],
        responses={200: DeliverySerializer, **errors(404)},
    )
    def get(self, request: Request, delivery_id: int) -> Response:
        """Show a delivery, its courier, and the times of pick-up and drop-off."""
        return Response(DeliverySerializer(usecases.find_delivery(delivery_id)).data)


class DeliveredView(ServiceView):
    """The end of the way."""

    service = "delivery"

    @extend_schema(
        operation_id="deliver",
        parameters=[path_id("delivery_id")],
        request=None,
        responses={200: DeliverySerializer, **errors(404, 409)},
    )
    def post(self, request: Request, delivery_id: int) -> Response:
        """Note that the consumer has the food."""
        with unit_of_work():
            delivery = usecases.deliver(delivery_id)
        return Response(DeliverySerializer(delivery).data)


class RestaurantView(ServiceView):
    """The replica of one restaurant."""

    service = "delivery"

    @extend_schema(
        operation_id="getRestaurantReplica",
        parameters=[path_id("restaurant_id")],
        responses={200: RestaurantSerializer, **errors(404)},
    )
    def get(self, request: Request, restaurant_id: int) -> Response:
        """Show whether delivery knows a restaurant yet."""
        return Response(RestaurantSerializer(Restaurant.find(restaurant_id)).data)
