"""What order_history handles: the events of orders, tickets and deliveries.  See also: `usecases`, which has the logic.

A revised ticket returns to the state that is shown already, so its event is not handled.
"""

from apps.delivery.messages import (
    DELIVERIES,
    DeliveryCancelled,
    DeliveryDelivered,
    DeliveryPickedUp,
    DeliveryScheduled,
)
from apps.kitchen.messages import (
    TICKETS,
    TicketAccepted,
    TicketCancelled,
    TicketCreated,
    TicketPickedUp,
    TicketPreparationStarted,
    TicketReadyForPickup,
)
from apps.order_history import usecases
from apps.orders.messages import (
    ORDERS,
    OrderAuthorized,
    OrderCancellationProposed,
    OrderCancellationRejected,
    OrderCancelled,
    OrderCreated,
    OrderRejected,
    OrderRevised,
    OrderRevisionProposed,
    OrderRevisionRejected,
)
from postroad import EventHandlers

COMMANDS = None
EVENTS = (
    EventHandlers(
        "order_history.orders",
        of=ORDERS,
        handlers={
            OrderCreated: usecases.keep_order,
            OrderAuthorized: usecases.keep_authorization,
            OrderRejected: usecases.keep_rejection,
            OrderCancellationProposed: usecases.keep_proposed_cancellation,
            OrderCancellationRejected: usecases.keep_rejected_cancellation,
            OrderCancelled: usecases.keep_cancellation,
            OrderRevisionProposed: usecases.keep_proposed_revision,
            OrderRevisionRejected: usecases.keep_rejected_revision,
            OrderRevised: usecases.keep_revision,
        },
    ),
    EventHandlers(
        "order_history.tickets",
        of=TICKETS,
        handlers={
            TicketCreated: usecases.keep_ticket,
            TicketAccepted: usecases.keep_acceptance,
            TicketPreparationStarted: usecases.keep_preparation,
            TicketReadyForPickup: usecases.keep_readiness,
            TicketPickedUp: usecases.keep_pickup,
            TicketCancelled: usecases.keep_cancelled_ticket,
        },
    ),
    EventHandlers(
        "order_history.deliveries",
        of=DELIVERIES,
        handlers={
            DeliveryScheduled: usecases.keep_scheduled_delivery,
            DeliveryPickedUp: usecases.keep_picked_up_delivery,
            DeliveryDelivered: usecases.keep_delivered_delivery,
            DeliveryCancelled: usecases.keep_cancelled_delivery,
        },
    ),
)
SAGAS = ()
