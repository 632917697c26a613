"""Messages as they travel: wire name and JSON, which the tests of a service's contract compare."""

import json
from typing import Any

from postroad.codecs.names import description_of
from postroad.codecs.registry import JSON
from postroad.codecs.types import Message
from postroad.messaging.models import OutboxMessage
from postroad.testing import deliver

OnWire = tuple[str, dict[str, Any]]


def answer_to(command: Message, *, service: str) -> OnWire:
    """Let a service handle a command; return its reply."""
    reply = deliver(command, service=service)
    assert reply is not None
    return description_of(type(reply)).name, json.loads(JSON.encode(reply))


def announced_on(channel: str) -> list[OnWire]:
    """Return the events on a channel so far."""
    rows = OutboxMessage.objects.filter(channel=channel).order_by("id")
    return [(row.type, json.loads(bytes(row.body))) for row in rows]
