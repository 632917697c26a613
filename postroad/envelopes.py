"""Creates the envelope of a typed message (body, id, sender, time), and finds the class that reads an envelope."""

from collections.abc import Mapping

from postroad import clock
from postroad.codecs.names import NameRegistry, description_of, key_of
from postroad.codecs.registry import JSON, codec_for
from postroad.codecs.types import Message
from postroad.conf import CoreSettings
from postroad.context import current
from postroad.errors import InvalidEnvelope
from postroad.ids import new_id
from postroad.messaging import headers as names
from postroad.messaging.message import Envelope, Kind


def envelope_of(
    message: Message,
    *,
    kind: Kind,
    headers: Mapping[str, str | None] | None = None,
    reply_to: str = "",
    correlation_id: str = "",
) -> Envelope:
    """Return a new envelope around a declared message.

    Its partition key is the message's own, unless `headers` has another; it continues the trace of the work in progress.
    A header whose value is None is left out.
    """
    description, work = description_of(type(message)), current()
    own = {
        names.KIND: kind.value,
        names.VERSION: description.version,
        names.PARTITION_KEY: key_of(message),
    }
    if work.trace_parent:
        own[names.TRACE_PARENT] = work.trace_parent
    return Envelope(
        id=new_id(),
        type=description.name,
        body=JSON.encode(message),
        content_type=JSON.content_type,
        correlation_id=correlation_id,
        reply_to=reply_to,
        app_id=work.service or CoreSettings.current().service,
        sent_at=int(clock.now().timestamp()),
        headers=own | {name: value for name, value in (headers or {}).items() if value is not None},
    )


def class_of(envelope: Envelope, names: NameRegistry) -> type[Message]:
    """Return the class that reads a message, if it belongs to the contract; its body is not read.

    Raises:
        ForeignMessage: It has no id, or its type or its content type is not known here.
    """
    if not envelope.id:
        raise InvalidEnvelope(
            f"{envelope.type or 'a message'} has no message_id, so a duplicate could not be recognised."
        )
    message = names.find(envelope.type)
    codec_for(envelope.content_type)
    return message
