"""What orders handles: four tables.  Not: logic, which is in `usecases`."""

from apps.consumers.messages import CONSUMER_EVENTS, ConsumerCreated
from apps.orders import usecases
from apps.orders.messages import ORDERS
from apps.orders.sagas.cancel_order import cancel_order
from apps.orders.sagas.create_order import create_order
from apps.orders.sagas.revise_order import revise_order
from apps.restaurants.messages import RESTAURANTS, MenuRevised, RestaurantCreated
from postroad.events.handlers import EventHandlers
from postroad.events.snapshots import Snapshots
from postroad.sagas.handlers import SagaHandlers

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
SAGAS = (
    SagaHandlers(
        create_order,
        {
            "approve_order": usecases.approve_order,
            "reject_order": usecases.reject_order,
        },
    ),
    SagaHandlers(
        cancel_order,
        {
            "begin_cancel_order": usecases.begin_cancel_order,
            "undo_begin_cancel_order": usecases.undo_begin_cancel_order,
            "confirm_cancel_order": usecases.confirm_cancel_order,
        },
    ),
    SagaHandlers(
        revise_order,
        {
            "begin_revise_order": usecases.begin_revise_order,
            "undo_begin_revise_order": usecases.undo_begin_revise_order,
            "confirm_revise_order": usecases.confirm_revise_order,
        },
    ),
)
SNAPSHOTS = (Snapshots(ORDERS, usecases.snapshots),)
