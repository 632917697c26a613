"""`answer`: a typed reply to a command's own reply queue.  Not: what the reply does to a saga."""

from postroad import clock
from postroad.codecs.registry import JSON
from postroad.codecs.types import Message
from postroad.commands.messages import reply_description
from postroad.conf import settings
from postroad.context import current
from postroad.ids import new_id
from postroad.messaging import headers as names
from postroad.messaging.message import Address, Envelope, Kind, Outgoing
from postroad.messaging.producer import put


def answer(command: Envelope, reply: Message) -> None:
    """Send `reply` to the queue that the command names; nothing happens if it names none.

    The reply carries the command's id as correlation id, its saga headers, and the saga's id as partition key.
    """
    if not command.reply_to:
        return
    description = reply_description(type(reply))
    echoed = {name: command.headers[name] for name in names.ECHOED if name in command.headers}
    key = command.headers.get(names.SAGA_ID) or command.key
    envelope = Envelope(
        id=new_id(),
        type=description.name,
        body=JSON.encode(reply),
        content_type=JSON.content_type,
        correlation_id=command.id,
        app_id=current().service or settings().service,
        sent_at=int(clock.now().timestamp()),
        headers=echoed
        | {
            names.KIND: Kind.REPLY.value,
            names.VERSION: description.version,
            names.PARTITION_KEY: key,
            names.OUTCOME: names.FAILURE if description.is_refusal else names.SUCCESS,
        },
    )
    put(Outgoing(address=Address(channel=command.reply_to), envelope=envelope))
