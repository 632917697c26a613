"""What is special in version 1 of the REST API of consumers.  See also: `urls`, which derives the rest from `v2`."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.consumers import usecases
from apps.consumers.api.serializers import ConsumerCreatedSerializer, CreateConsumerSerializer
from apps.shared.views import ServiceView, errors, read_body
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
