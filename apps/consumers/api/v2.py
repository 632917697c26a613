"""The REST API of consumers, version 2: resources and actions."""

from apps.consumers import usecases
from apps.consumers.api.serializers import CreateConsumerSerializer, NameSerializer
from apps.consumers.models import Consumer
from apps.shared.fields import CamelSerializer, IdField
from apps.shared.hypermedia.resource import Creation, Resource


class ConsumerDetailsSerializer(CamelSerializer):
    """A consumer."""

    consumer_id = IdField(source="pk")
    name = NameSerializer(source="*")


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
        run=lambda values: usecases.create_consumer(**values["name"]),
    ),
)
