"""The REST API of consumers, version 1: one method per operation."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.consumers import usecases
from apps.consumers.api.serializers import (
    ConsumerCreatedSerializer,
    ConsumerSerializer,
    CreateConsumerSerializer,
    shown_consumer,
)
from apps.shared.views import ServiceView, errors, path_id, read_body
from postroad import unit_of_work


class ConsumersView(ServiceView):
    """All consumers."""

    service = "consumers"

    @extend_schema(
        operation_id="createConsumer",
        request=CreateConsumerSerializer,
        responses={200: ConsumerCreatedSerializer, **errors(400, 409, 413, 415)},
    )
    def post(self, request: Request) -> Response:
        """Register a consumer; the other services learn of it by an event."""
        body = read_body(request, CreateConsumerSerializer)
        with unit_of_work():
            consumer = usecases.create_consumer(**body["name"])
        return Response(ConsumerCreatedSerializer(consumer).data)


class ConsumerView(ServiceView):
    """One consumer."""

    service = "consumers"

    @extend_schema(
        operation_id="getConsumer",
        parameters=[path_id("consumer_id")],
        responses={200: ConsumerSerializer, **errors(404)},
    )
    def get(self, request: Request, consumer_id: int) -> Response:
        """Show a consumer."""
        return Response(shown_consumer(usecases.find_consumer(consumer_id)))
