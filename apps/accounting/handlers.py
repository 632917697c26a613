"""What accounting handles: two tables.  See also: `usecases`, which has the logic."""

from apps.accounting import usecases
from apps.accounting.messages import ACCOUNTING, AuthorizeCharge, ReverseAuthorization, ReviseAuthorization
from apps.consumers.messages import CONSUMER_EVENTS, ConsumerCreated
from postroad import CommandHandlers, EventHandlers

COMMANDS = CommandHandlers(
    ACCOUNTING,
    {
        AuthorizeCharge: usecases.authorize_charge,
        ReverseAuthorization: usecases.reverse_authorization,
        ReviseAuthorization: usecases.revise_authorization,
    },
)
EVENTS = (
    EventHandlers(
        "accounting.consumers",
        of=CONSUMER_EVENTS,
        handlers={
            ConsumerCreated: usecases.keep_consumer,
        },
    ),
)
SAGAS = ()
