"""The REST API of consumers: its resource."""

from apps.consumers import usecases
from apps.consumers.api.serializers import ConsumerSerializer, CreateConsumerSerializer
from apps.consumers.models import Consumer
from apps.shared.hypermedia.resource import Creation, Resource


class ConsumerDetailsSerializer(ConsumerSerializer):
    """A consumer."""


CONSUMER: Resource[Consumer] = Resource(
    service="consumers",
    name="consumer",
    path="consumers/<id:consumer_id>",
    summary="Show a consumer.",
    body=ConsumerDetailsSerializer,
    find=usecases.find_consumer,
    creation=Creation(
        summary="Register a consumer; the other services learn of it by an event.",
        body=CreateConsumerSerializer,
        run=lambda name: usecases.create_consumer(**name),
    ),
)
