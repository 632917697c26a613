"""What orders handles: four tables.  See also: `usecases`, which has the logic."""

from apps.consumers.messages import CONSUMER_EVENTS, ConsumerCreated
from apps.orders import usecases
from apps.orders.messages import ORDERS
from apps.orders.sagas.cancel_order import cancel_order
from apps.orders.sagas.create_order import create_order
from apps.orders.sagas.revise_order import revise_order
from apps.restaurants.messages import RESTAURANTS, MenuRevised, RestaurantCreated
from postroad import EventHandlers, Snapshots

COMMANDS = None
EVENTS = (
    EventHandlers(
        "orders.restaurants",
        of=RESTAURANTS,
        handlers={
            RestaurantCreated: usecases.keep_restaurant,
            MenuRevised: usecases.keep_menu,
        },
    ),
    EventHandlers(
        "orders.consumers",
        of=CONSUMER_EVENTS,
        handlers={
            ConsumerCreated: usecases.keep_consumer,
        },
    ),
)
SAGAS = (create_order, cancel_order, revise_order)
SNAPSHOTS = (Snapshots(ORDERS, usecases.snapshots),)
