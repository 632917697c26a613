"""`publish`: a domain event into the outbox, in the caller's transaction.  Not: who receives it."""

from postroad import clock
from postroad.codecs.names import key_of
from postroad.codecs.registry import JSON
from postroad.codecs.types import Message
from postroad.conf import settings
from postroad.context import current
from postroad.events.messages import event_description
from postroad.ids import new_id
from postroad.messaging import headers as names
from postroad.messaging.message import Envelope, Kind, Outgoing
from postroad.messaging.producer import put


def publish(event: Message) -> str:
    """Publish an event on the channel of its aggregate type; return its message id.

    Raises:
        OutsideTransaction: There is no transaction around the call.
    """
    description, key = event_description(type(event)), key_of(event)
    headers = {
        names.KIND: Kind.EVENT.value,
        names.VERSION: description.version,
        names.PARTITION_KEY: key,
        names.AGGREGATE_TYPE: description.channel.name,
        names.AGGREGATE_ID: key,
    }
    if trace := current().trace_parent:
        headers[names.TRACE_PARENT] = trace
    envelope = Envelope(
        id=new_id(),
        type=description.name,
        body=JSON.encode(event),
        content_type=JSON.content_type,
        app_id=current().service or settings().service,
        sent_at=int(clock.now().timestamp()),
        headers=headers,
    )
    put(Outgoing(address=description.channel.address(key, description.name), envelope=envelope))
    return envelope.id
