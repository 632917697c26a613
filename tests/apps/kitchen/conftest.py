"""What the tests of the kitchen begin with."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from apps.kitchen import usecases
from apps.kitchen.handlers import COMMANDS
from apps.kitchen.messages import ConfirmCreateTicket, CreateTicket, TicketLine
from apps.restaurants.messages import Address, Menu, MenuItem, RestaurantCreated
from postroad import Message
from postroad.codecs.names import description_of, key_of
from postroad.codecs.registry import JSON
from postroad.commands.dispatcher import CommandDispatcher
from postroad.ids import new_id
from postroad.messaging.inbox.pipeline import Subscription, process
from postroad.messaging.message import Envelope
from postroad.messaging.models import OutboxMessage

Ask = Callable[[Message], tuple[str, dict[str, Any]]]

AJANTA = RestaurantCreated(
    restaurant_id=7,
    name="Ajanta",
    address=Address(street1="1 Main Street", city="Oakland", state="CA", zip="94611"),
    menu=Menu(
        menu_items=(
            MenuItem(id="1", name="Chicken Vindaloo", price=Decimal("12.34")),
            MenuItem(id="2", name="Naan", price=Decimal("0.50")),
        )
    ),
)
TICKET = CreateTicket(
    order_id=99,
    restaurant_id=7,
    line_items=(
        TicketLine(menu_item_id="2", name="Naan", quantity=1),
        TicketLine(menu_item_id="1", name="Chicken Vindaloo", quantity=2),
    ),
)


@pytest.fixture
def ajanta(db: None) -> RestaurantCreated:
    """A restaurant whose replica the kitchen has."""
    usecases.keep_restaurant(AJANTA)
    return AJANTA


@pytest.fixture
def ask(db: None) -> Ask:
    """Send the kitchen a command under a new message id; the answer is the reply's name and body."""
    kitchen = Subscription(subscriber="kitchen", service="kitchen", handle=CommandDispatcher(COMMANDS))

    def answer_to(command: Message) -> tuple[str, dict[str, Any]]:
        envelope = Envelope(
            id=new_id(),
            type=description_of(type(command)).name,
            body=JSON.encode(command),
            reply_to="orders.replies.0",
            headers={"partition-key": key_of(command), "kind": "command"},
        )
        process(kitchen, [envelope])
        reply = OutboxMessage.objects.filter(channel="orders.replies.0").latest("id")
        return reply.type, json.loads(bytes(reply.body))

    return answer_to


@pytest.fixture
def create() -> CreateTicket:
    """A command that Ajanta can serve."""
    return TICKET


@pytest.fixture
def reserved(ajanta: RestaurantCreated, ask: Ask) -> int:
    """A ticket that is CREATE_PENDING."""
    ask(TICKET)
    return TICKET.order_id


@pytest.fixture
def confirmed(reserved: int, ask: Ask) -> int:
    """A ticket that is AWAITING_ACCEPTANCE."""
    ask(ConfirmCreateTicket(ticket_id=reserved, restaurant_id=7))
    return reserved


@pytest.fixture
def announced(db: None) -> Callable[[], list[tuple[str, dict[str, Any]]]]:
    """The events of tickets so far."""

    def events() -> list[tuple[str, dict[str, Any]]]:
        rows = OutboxMessage.objects.filter(channel="kitchen.Ticket").order_by("id")
        return [(row.type, json.loads(bytes(row.body))) for row in rows]

    return events
