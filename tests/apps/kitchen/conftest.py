"""What the tests of the kitchen begin with."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest

from apps.kitchen import usecases
from apps.kitchen.messages import ConfirmCreateTicket, CreateTicket, TicketLine
from apps.restaurants.messages import Address, Menu, MenuItem, RestaurantCreated
from postroad import Message
from tests.support.wire import OnWire, announced_on, answer_to

Ask = Callable[[Message], OnWire]

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
    return partial(answer_to, service="kitchen")


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
def announced(db: None) -> Callable[[], list[OnWire]]:
    """The events of tickets so far."""
    return partial(announced_on, "kitchen.Ticket")
