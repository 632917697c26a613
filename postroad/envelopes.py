"""Typed message → envelope: encoded, with id, sender and moment.  Not: where it goes, nor sending it."""

from collections.abc import Mapping

from postroad import clock
from postroad.codecs.names import description_of, key_of
from postroad.codecs.registry import JSON
from postroad.codecs.types import Message
from postroad.conf import settings
from postroad.context import current
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

    Its partition key is the message's own, unless `headers` has another; the trace of the work in progress goes on.
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
        app_id=work.service or settings().service,
        sent_at=int(clock.now().timestamp()),
        headers=own | {name: value for name, value in (headers or {}).items() if value is not None},
    )
