"""The decorator with which a service's `messages.py` declares events.

@event("kitchen.TicketAccepted", of=TICKETS, key="ticket_id", version="1.1")
class TicketAccepted(Message): ...
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from postroad.codecs.names import Description, describe, description_of
from postroad.codecs.types import Message
from postroad.errors import InvalidDeclaration
from postroad.messaging.channels import EventChannel

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDescription(Description):
    """The description of an event, with the channel of its aggregate type."""

    channel: EventChannel


def event(name: str, *, of: EventChannel, key: str, version: str = "1.0") -> Callable[[type[M]], type[M]]:
    """Declare a domain event.

    Args:
        name: Stable wire name, in the past tense.
        of: The channel of its aggregate type.
        key: Field that holds the aggregate's id; events of one aggregate are handled in order.
        version: MAJOR.MINOR of the type; a new minor only adds fields with defaults.
    """

    def attach(message: type[M]) -> type[M]:
        describe(message, EventDescription(name=name, version=version, key=key, channel=of))
        return message

    return attach


def event_description(message: type[Message]) -> EventDescription:
    """Return the declaration of an event.

    Raises:
        InvalidDeclaration: It is not an event.
    """
    description = description_of(message)
    if not isinstance(description, EventDescription):
        raise InvalidDeclaration(f"{message.__qualname__} is not an event: declare it with @event.")
    return description
