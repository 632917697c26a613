"""What consumers handles: one command.  See also: `usecases`, which has the logic."""

from apps.consumers import usecases
from apps.consumers.messages import CONSUMER_EVENTS, CONSUMERS, ValidateOrderByConsumer
from postroad import CommandHandlers, Snapshots

COMMANDS = CommandHandlers(CONSUMERS, {ValidateOrderByConsumer: usecases.validate_order})
EVENTS = ()
SAGAS = ()
SNAPSHOTS = (Snapshots(CONSUMER_EVENTS, usecases.snapshots),)
