"""`CommandHandlers`: which use-case handles which command of a channel.  See also: `dispatcher`, which calls them.

    COMMANDS = CommandHandlers(KITCHEN, {CreateTicket: usecases.create_ticket})

A use-case takes the command and returns one of the declared replies, or calls `refuse` with one.  A command that
declares none is a notification: its use-case returns nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from postroad import handling
from postroad.codecs.types import Message
from postroad.commands.messages import Done, command_description, reply_description
from postroad.errors import InvalidDeclaration
from postroad.messaging.channels import CommandChannel

_MAX_CHARACTERS = 200  # of a lock's name, which is stored together with the command's key
CommandHandler = Callable[[Any], Message | None]


@dataclass(frozen=True, slots=True)
class CommandHandlers:
    """The commands a service handles; checked when the table is made.

    Attributes:
        channel: The channel on which they arrive.
        handlers: Command → use-case.
        locks: Command → name of the lock that its saga takes, such as `ticket`, and holds until it ends: it locks that name
            with the command's key.  Commands of other sagas for the same lock wait meanwhile (`postroad.sagas.participants`).
    """

    channel: CommandChannel
    handlers: Mapping[type[Message], CommandHandler]
    locks: Mapping[type[Message], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse commands of another channel, and use cases whose annotations contradict the declaration."""
        for message, handler in self.handlers.items():
            description = command_description(message)
            if description.channel != self.channel:
                raise InvalidDeclaration(
                    f"{description.name} goes to channel {description.channel.name!r}, not {self.channel.name!r}."
                )
            table = f"commands of {self.channel.name!r}"
            handling.check(handler, table=table, takes=(message,))
            _check_results(message, handler, table=table)
        for message, lock in self.locks.items():
            if not 1 <= len(lock) <= _MAX_CHARACTERS or "/" in lock:
                raise InvalidDeclaration(f"lock {lock!r}: use 1 to {_MAX_CHARACTERS} characters without '/'.")
            if message not in self.handlers:
                raise InvalidDeclaration(f"{message.__qualname__} has a lock, but no use-case handles it here.")

    def is_refusable(self, message: type[Message]) -> bool:
        """Whether a declared reply of the command is a refusal, so that its handler's changes may have to be undone."""
        return any(reply_description(answer).is_refusal for answer in command_description(message).replies)


def _check_results(message: type[Message], handler: CommandHandler, *, table: str) -> None:
    name, results = handling.name_of(handler), handling.results_of(handler)
    replies = command_description(message).replies
    if results == (type(None),) and replies:
        raise InvalidDeclaration(f"{table}: {name} returns nothing, but {message.__qualname__} declares replies=.")
    for answer in results:
        is_reply = isinstance(answer, type) and issubclass(answer, Message)
        if is_reply and answer not in (replies or (Done,)):
            raise InvalidDeclaration(
                f"{table}: {name} returns {answer.__qualname__}, which {message.__qualname__} does not declare in replies=."
            )
