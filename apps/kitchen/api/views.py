"""The REST API of the kitchen, version 1: one method per operation.

An operation that needs no body does not read the one it is given.
"""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.kitchen import usecases
from apps.kitchen.api.serializers import AcceptTicketSerializer, RestaurantSerializer, TicketSerializer
from apps.kitchen.models import Restaurant
from apps.shared.views import ServiceView, errors, path_id, read_body
from postroad import unit_of_work


class TicketView(ServiceView):
    """One ticket."""

    service = "kitchen"

    @extend_schema(
        operation_id="getTicket", parameters=[path_id("ticket_id")], responses={200: TicketSerializer, **errors(404)}
    )
    def get(self, request: Request, ticket_id: int) -> Response:
        """Show a ticket, its dishes and its state."""
        return Response(TicketSerializer(usecases.find_ticket(ticket_id)).data)


class AcceptView(ServiceView):
    """Acceptance of a ticket by the restaurant."""

    service = "kitchen"

    @extend_schema(
        operation_id="acceptTicket",
        parameters=[path_id("ticket_id")],
        request=AcceptTicketSerializer,
        responses={200: TicketSerializer, **errors(400, 404, 409, 413, 415)},
    )
    def post(self, request: Request, ticket_id: int) -> Response:
        """Accept a ticket that awaits it, and say when it will be ready."""
        ready_by = read_body(request, AcceptTicketSerializer)["ready_by"]
        with unit_of_work():
            ticket = usecases.accept_ticket(ticket_id, ready_by=ready_by)
        return Response(TicketSerializer(ticket).data)


class PreparingView(ServiceView):
    """The beginning of the cooking."""

    service = "kitchen"

    @extend_schema(
        operation_id="startPreparing",
        parameters=[path_id("ticket_id")],
        request=None,
        responses={200: TicketSerializer, **errors(404, 409)},
    )
    def post(self, request: Request, ticket_id: int) -> Response:
        """Note that the restaurant cooks."""
        with unit_of_work():
            ticket = usecases.start_preparing(ticket_id)
        return Response(TicketSerializer(ticket).data)


class ReadyView(ServiceView):
    """The end of the cooking."""

    service = "kitchen"

    @extend_schema(
        operation_id="finishPreparing",
        parameters=[path_id("ticket_id")],
        request=None,
        responses={200: TicketSerializer, **errors(404, 409)},
    )
    def post(self, request: Request, ticket_id: int) -> Response:
        """Note that the food can be picked up."""
        with unit_of_work():
            ticket = usecases.finish_preparing(ticket_id)
        return Response(TicketSerializer(ticket).data)


class PickedUpView(ServiceView):
    """Hand-over of the food to a courier."""

    service = "kitchen"

    @extend_schema(
        operation_id="pickUpTicket",
        parameters=[path_id("ticket_id")],
        request=None,
        responses={200: TicketSerializer, **errors(404, 409)},
    )
    def post(self, request: Request, ticket_id: int) -> Response:
        """Note that a courier has the food."""
        with unit_of_work():
            ticket = usecases.pick_up_ticket(ticket_id)
        return Response(TicketSerializer(ticket).data)


class RestaurantView(ServiceView):
    """The replica of one restaurant."""

    service = "kitchen"

    @extend_schema(
        operation_id="getRestaurantReplica",
        parameters=[path_id("restaurant_id")],
        responses={200: RestaurantSerializer, **errors(404)},
    )
    def get(self, request: Request, restaurant_id: int) -> Response:
        """Show whether the kitchen knows a restaurant yet."""
        return Response(RestaurantSerializer(Restaurant.find(restaurant_id)).data)
