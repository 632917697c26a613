"""The decorators with which a service's `messages.py` declares commands and replies.

@reply("kitchen.TicketReserved")
class TicketReserved(Message): ...

@refusal("kitchen.TicketRefused")
class TicketRefused(Message): ...

@command("kitchen.CreateTicket", on=KITCHEN, key="order_id", replies=(TicketReserved, TicketRefused))
class CreateTicket(Message): ...
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from postroad.codecs.names import Description, describe, description_of
from postroad.codecs.types import Message
from postroad.errors import InvalidDeclaration
from postroad.messaging.channels import CommandChannel

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandDescription(Description):
    """The description of a command, with its channel and its possible replies."""

    channel: CommandChannel
    replies: tuple[type[Message], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyDescription(Description):
    """The description of a reply, with whether it is a refusal (outcome `failure`)."""

    is_refusal: bool = False


def reply(name: str, *, version: str = "1.0") -> Callable[[type[M]], type[M]]:
    """Declare a reply whose outcome is success."""
    return _declare(ReplyDescription(name=name, version=version))


def refusal(name: str, *, version: str = "1.0") -> Callable[[type[M]], type[M]]:
    """Declare a reply whose outcome is failure: a business refusal, never an error."""
    return _declare(ReplyDescription(name=name, version=version, is_refusal=True))


def command(
    name: str, *, on: CommandChannel, key: str, replies: tuple[type[Message], ...] = (), version: str = "1.0"
) -> Callable[[type[M]], type[M]]:
    """Declare a command.

    Args:
        name: Stable wire name.
        on: The channel of the service that handles it.
        key: Field whose value orders commands: equal values are handled one after the other.
        replies: Every reply the handler may give; empty for a notification, which has no reply.
        version: MAJOR.MINOR of the type.
    """
    for answer in replies:
        if not isinstance(description_of(answer), ReplyDescription):
            raise InvalidDeclaration(
                f"{name}: {answer.__qualname__} is not a reply: declare it with @reply or @refusal."
            )
    return _declare(CommandDescription(name=name, version=version, key=key, channel=on, replies=replies))


def command_description(message: type[Message]) -> CommandDescription:
    """Return the declaration of a command.

    Raises:
        InvalidDeclaration: It is not a command.
    """
    description = description_of(message)
    if not isinstance(description, CommandDescription):
        raise InvalidDeclaration(f"{message.__qualname__} is not a command: declare it with @command.")
    return description


def reply_description(message: type[Message]) -> ReplyDescription:
    """Return the declaration of a reply.

    Raises:
        InvalidDeclaration: It is not a reply.
    """
    description = description_of(message)
    if not isinstance(description, ReplyDescription):
        raise InvalidDeclaration(f"{message.__qualname__} is not a reply: declare it with @reply or @refusal.")
    return description


def _declare(description: Description) -> Callable[[type[M]], type[M]]:
    def attach(message: type[M]) -> type[M]:
        describe(message, description)
        return message

    return attach


@reply("postroad.Done")
class Done(Message):
    """Success, without data."""


@refusal("postroad.Rejected")
class Rejected(Message):
    """The receiver cannot read the command: unknown type, unreadable body, missing id."""

    reason: str
    detail: str = ""
