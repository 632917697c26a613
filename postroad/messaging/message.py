"""`Envelope`: one message as bytes with its metadata, frozen.

A typed message (`postroad.codecs.types.Message`) is what application code uses; an envelope is what is stored and sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from postroad.messaging import headers as names


class Kind(StrEnum):
    """The kind of a message: what its receiver does with it (Microservices Patterns, §3.3.1)."""

    DOCUMENT = "document"
    COMMAND = "command"
    EVENT = "event"
    REPLY = "reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The address of a message.

    Attributes:
        channel: Logical channel (an exchange, a topic), or the name of one queue when `route` is empty.
        route: Routing key inside the channel: `3`, or `3.orders.OrderCreated`; empty: directly to the queue `channel`.
    """

    channel: str
    route: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One message.

    Attributes:
        id: Identity for duplicate detection (UUIDv7 if Postroad sent it); empty if a foreign sender gave none.
        type: Stable wire name such as `kitchen.CreateTicket`.
        body: The encoded message, without any wrapper.
        content_type: Media type of the body.
        correlation_id: On a reply: the id of the request.
        reply_to: Queue in which the sender expects the reply; empty if it expects none.
        app_id: Service that sent it.
        sent_at: Seconds since 1970 by the sender's clock, plus the delay of the message; 0 if unknown.
        headers: All other metadata, text to text; for the names see `headers`.
    """

    id: str
    type: str
    body: bytes = field(repr=False)
    content_type: str = "application/json"
    correlation_id: str = ""
    reply_to: str = ""
    app_id: str = ""
    sent_at: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Partition key; empty if the message has no order."""
        return self.headers.get(names.PARTITION_KEY, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """An envelope with its address: what the outbox stores and a publisher sends."""

    address: Address
    envelope: Envelope

    @property
    def is_broadcast(self) -> bool:
        """Whether it is an event: it may have no subscriber, while every other message must reach a queue."""
        return self.envelope.headers.get(names.KIND) == Kind.EVENT
