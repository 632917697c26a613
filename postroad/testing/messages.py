"""`deliver` and `sent`: what a service does with a message, and what it sends.  No broker, no other process.

    with unit_of_work():
        place_order(...)
    assert sent(OrderCreated) == [OrderCreated(order_id=1)]
    assert deliver(CreateTicket(order_id=1)) == TicketReserved(ticket_id=1)

See also: `pump`, which relays and handles until nothing is left to do.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from postroad.codecs.names import description_of
from postroad.codecs.registry import codec_for
from postroad.codecs.types import Message
from postroad.commands.messages import CommandDescription, Rejected, command_description
from postroad.commands.sender import outgoing
from postroad.composition import installed
from postroad.errors import MisconfiguredError
from postroad.events.publisher import event_envelope
from postroad.messaging.inbox.pipeline import Subscription, is_foreign, process
from postroad.messaging.message import Envelope
from postroad.messaging.models import OutboxMessage

M = TypeVar("M", bound=Message)
_REPLIES = "postroad-testing.replies.0"
"""A queue that takes replies and that no broker has."""


def deliver(message: Message, *, message_id: str = "", service: str = "") -> Message | None:
    """Handle a command or an event as a consumer does: in a transaction, with the processed-message table.

    Args:
        message: The command or event.
        message_id: Its id; empty: a new one.  The same id twice is a duplicate, which changes nothing.
        service: Only the handlers of this service; empty: those of every service in this process.

    Returns:
        The reply to a command; None for a notification, an event, and a duplicate.

    Raises:
        MisconfiguredError: No handler in this process takes the message.
        Exception: Whatever a handler raised; its transaction is rolled back.
    """
    description = description_of(type(message))
    if isinstance(description, CommandDescription):
        envelope = outgoing(message, reply_to=_REPLIES if description.replies else "").envelope
        subscribers = {description.channel.name}
    else:
        envelope, subscribers = event_envelope(message), set(installed().replicas)
    if message_id:
        envelope = replace(envelope, id=message_id)
    takers = [
        one for name, one in installed().subscriptions.items() if name in subscribers and _takes(one, envelope, service)
    ]
    if not takers:
        raise MisconfiguredError(
            f"no handler takes {description.name} here (services: {service or ', '.join(installed().services) or 'none'});"
            " list it in a table of handlers.py."
        )
    for subscription in takers:
        process(subscription, [envelope])
    return _take_reply(envelope, command_description(type(message)).replies) if envelope.reply_to else None


def sent(kind: type[M], *, channel: str = "") -> list[M]:
    """Return the messages of a type in the outbox, oldest first.

    Args:
        kind: The type, declared as a command, an event or a reply.
        channel: Only what is sent to this channel; empty: to any.
    """
    rows = OutboxMessage.objects.filter(type=description_of(kind).name).order_by("id")
    if channel:
        rows = rows.filter(channel=channel)
    return [codec_for(row.content_type).decode(bytes(row.body), kind) for row in rows]


def _takes(subscription: Subscription, envelope: Envelope, service: str) -> bool:
    return service in ("", subscription.service) and not is_foreign(subscription, envelope)


def _take_reply(command: Envelope, declared: Sequence[type[Message]]) -> Message | None:
    """Return the reply in the outbox, and delete it: no broker has its queue."""
    row = OutboxMessage.objects.filter(channel=_REPLIES, correlation_id=command.id).first()
    if row is None:
        return None
    kinds: list[type[Message]] = [*declared, Rejected]
    kind = next(kind for kind in kinds if description_of(kind).name == row.type)
    reply = codec_for(row.content_type).decode(bytes(row.body), kind)
    row.delete()
    return reply
