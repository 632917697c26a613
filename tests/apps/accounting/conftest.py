"""What the tests of accounting begin with."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from apps.accounting import usecases
from apps.accounting.handlers import COMMANDS
from apps.consumers.messages import ConsumerCreated
from postroad import Message, unit_of_work
from postroad.codecs.names import description_of, key_of
from postroad.codecs.registry import JSON
from postroad.commands.dispatcher import CommandDispatcher
from postroad.ids import new_id
from postroad.messaging.inbox.pipeline import Subscription, process
from postroad.messaging.message import Envelope
from postroad.messaging.models import OutboxMessage

Ask = Callable[[Message], tuple[str, dict[str, Any]]]

ADA = ConsumerCreated(consumer_id=5, first_name="Ada", last_name="Lovelace")


@pytest.fixture
def ada(db: None) -> ConsumerCreated:
    """A consumer whose account is open."""
    with unit_of_work():
        usecases.keep_consumer(ADA)
    return ADA


@pytest.fixture
def ask(db: None) -> Ask:
    """Send accounting a command under a new message id; the answer is the reply's name and body."""
    accounting = Subscription(subscriber="accounting", service="accounting", handle=CommandDispatcher(COMMANDS))

    def answer_to(command: Message) -> tuple[str, dict[str, Any]]:
        envelope = Envelope(
            id=new_id(),
            type=description_of(type(command)).name,
            body=JSON.encode(command),
            reply_to="orders.replies.0",
            headers={"partition-key": key_of(command), "kind": "command"},
        )
        process(accounting, [envelope])
        reply = OutboxMessage.objects.filter(channel="orders.replies.0").latest("id")
        return reply.type, json.loads(bytes(reply.body))

    return answer_to


@pytest.fixture
def announced(db: None) -> Callable[[], list[tuple[str, dict[str, Any]]]]:
    """The events of accounts so far."""

    def events() -> list[tuple[str, dict[str, Any]]]:
        rows = OutboxMessage.objects.filter(channel="accounting.Account").order_by("id")
        return [(row.type, json.loads(bytes(row.body))) for row in rows]

    return events
