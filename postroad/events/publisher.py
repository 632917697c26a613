"""`publish`: stores a domain event in the outbox, in the caller's transaction."""

from postroad.codecs.names import key_of
from postroad.codecs.types import Message
from postroad.envelopes import envelope_of
from postroad.events.messages import event_description
from postroad.messaging import headers as names
from postroad.messaging.message import Envelope, Kind, Outgoing
from postroad.messaging.outbox.producer import put


def publish(event: Message) -> str:
    """Publish an event on the channel of its aggregate type; return its message id.

    Raises:
        OutsideTransaction: There is no transaction around the call.
    """
    description, envelope = event_description(type(event)), event_envelope(event)
    put(Outgoing(address=description.channel.address(envelope.key, description.name), envelope=envelope))
    return envelope.id


def event_envelope(event: Message) -> Envelope:
    """Return a new envelope around an event, with the aggregate it belongs to."""
    channel = event_description(type(event)).channel
    aggregate = {names.AGGREGATE_TYPE: channel.name, names.AGGREGATE_ID: key_of(event)}
    return envelope_of(event, kind=Kind.EVENT, headers=aggregate)
