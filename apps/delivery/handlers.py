"""What delivery handles: no command, and the events of three services.  See also: `usecases`, which has the logic.

A revised ticket or order is carried as before, so its event says nothing here; so does that of a revised menu.
"""

from apps.delivery import usecases
from apps.delivery.messages import DELIVERIES
from apps.kitchen.messages import TICKETS, TicketAccepted, TicketCancelled, TicketPickedUp
from apps.orders.messages import ORDERS, OrderCancelled, OrderCreated, OrderRejected
from apps.restaurants.messages import RESTAURANTS, RestaurantCreated
from postroad import EventHandlers, Snapshots

COMMANDS = None
EVENTS = (
    EventHandlers(
        "delivery.restaurants",
        of=RESTAURANTS,
        handlers={
            RestaurantCreated: usecases.keep_restaurant,
        },
    ),
    EventHandlers(
        "delivery.orders",
        of=ORDERS,
        handlers={
            OrderCreated: usecases.keep_order,
            OrderRejected: usecases.keep_rejected_order,
            OrderCancelled: usecases.keep_cancelled_order,
        },
    ),
    EventHandlers(
        "delivery.tickets",
        of=TICKETS,
        handlers={
            TicketAccepted: usecases.keep_acceptance,
            TicketPickedUp: usecases.keep_pickup,
            TicketCancelled: usecases.keep_cancelled_ticket,
        },
    ),
)
SAGAS = ()
SNAPSHOTS = (Snapshots(DELIVERIES, usecases.snapshots),)
