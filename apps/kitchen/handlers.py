"""What the kitchen handles: three tables.  Not: logic, which is in `usecases`."""

from apps.kitchen import usecases
from apps.kitchen.messages import KITCHEN, TICKETS, CancelCreateTicket, ConfirmCreateTicket, CreateTicket
from apps.restaurants.messages import RESTAURANTS, MenuRevised, RestaurantCreated
from postroad.commands.handlers import CommandHandlers
from postroad.events.handlers import EventHandlers
from postroad.events.snapshots import Snapshots

COMMANDS = CommandHandlers(
    KITCHEN,
    {
        CreateTicket: usecases.create_ticket,
        ConfirmCreateTicket: usecases.confirm_create_ticket,
        CancelCreateTicket: usecases.cancel_create_ticket,
    },
)
EVENTS = (
    EventHandlers(
        "kitchen.restaurants",
        of=RESTAURANTS,
        handlers={
            RestaurantCreated: usecases.keep_restaurant,
            MenuRevised: usecases.keep_menu,
        },
    ),
)
SAGAS = ()
SNAPSHOTS = (Snapshots(TICKETS, usecases.snapshots),)
