"""What consumers handles: one command.  Not: logic, which is in `usecases`."""

from apps.consumers import usecases
from apps.consumers.messages import CONSUMERS, ValidateOrderByConsumer
from postroad.commands.handlers import CommandHandlers

COMMANDS = CommandHandlers(CONSUMERS, {ValidateOrderByConsumer: usecases.validate_order})
EVENTS = ()
SAGAS = ()
