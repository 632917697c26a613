"""What consumers can do, one function per verb, each inside the transaction that its caller opened."""

from apps.consumers.messages import ConsumerCreated, OrderRefused, OrderValidated, ValidateOrderByConsumer
from apps.consumers.models import Consumer
from apps.shared.identity.scope import own, scope
from apps.shared.refusals import BusinessRefusal, not_found
from postroad import Snapshot, publish, refuse


def create_consumer(*, first_name: str, last_name: str) -> Consumer:
    """Register a consumer, and publish the event.

    Raises:
        BusinessRefusal: `already_registered`: the caller is a consumer already.
    """
    caller = scope()
    if caller.is_limited and caller.consumer_id is not None:
        detail = f"You are registered as consumer {caller.consumer_id}; order with that id."
        raise BusinessRefusal("already_registered", detail)
    consumer = Consumer.register(first_name=first_name, last_name=last_name)
    publish(_created(consumer))
    return consumer


def find_consumer(consumer_id: int) -> Consumer:
    """Return a consumer.

    Raises:
        BusinessRefusal: `not_found`, also if the caller is another consumer.
    """
    consumer = own(Consumer.objects.all(), by="pk").filter(pk=consumer_id).first()
    if consumer is None:
        raise not_found("consumer", consumer_id)
    return consumer


def validate_order(command: ValidateOrderByConsumer) -> OrderValidated:
    """Answer whether the consumer may place the order; refuses with `unknown_consumer`."""
    if not Consumer.objects.filter(pk=command.consumer_id).exists():
        refuse(OrderRefused(reason="unknown_consumer"))
    return OrderValidated()


def snapshots(after: str, maximum: int) -> list[Snapshot]:
    """Return snapshots of the next consumers, for rebuilding a replica; their rows are locked."""
    found = Consumer.objects.filter(pk__gt=int(after or 0)).select_for_update().order_by("pk")[:maximum]
    return [Snapshot(key=str(consumer.pk), events=(_created(consumer),)) for consumer in found]


def _created(consumer: Consumer) -> ConsumerCreated:
    return ConsumerCreated(consumer_id=consumer.pk, first_name=consumer.first_name, last_name=consumer.last_name)
