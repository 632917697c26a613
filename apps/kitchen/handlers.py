"""What the kitchen handles: three tables.  See also: `usecases`, which has the logic."""

from apps.kitchen import usecases
from apps.kitchen.messages import (
    KITCHEN,
    TICKETS,
    BeginCancelTicket,
    BeginReviseTicket,
    CancelCreateTicket,
    ConfirmCancelTicket,
    ConfirmCreateTicket,
    ConfirmReviseTicket,
    CreateTicket,
    UndoBeginCancelTicket,
    UndoBeginReviseTicket,
)
from apps.restaurants.messages import RESTAURANTS, MenuRevised, RestaurantCreated
from postroad import CommandHandlers, EventHandlers, Snapshots

COMMANDS = CommandHandlers(
    KITCHEN,
    {
        CreateTicket: usecases.create_ticket,
        ConfirmCreateTicket: usecases.confirm_create_ticket,
        CancelCreateTicket: usecases.cancel_create_ticket,
        BeginCancelTicket: usecases.begin_cancel_ticket,
        UndoBeginCancelTicket: usecases.undo_begin_cancel_ticket,
        ConfirmCancelTicket: usecases.confirm_cancel_ticket,
        BeginReviseTicket: usecases.begin_revise_ticket,
        UndoBeginReviseTicket: usecases.undo_begin_revise_ticket,
        ConfirmReviseTicket: usecases.confirm_revise_ticket,
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
