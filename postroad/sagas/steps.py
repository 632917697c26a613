"""What a saga's author writes in the rows of its table.  Not: running them.

Step("ticket", do=command(kitchen.create_ticket), undo=command(kitchen.cancel_create_ticket),
     on={TicketReserved: remember_ticket})
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from postroad import handling
from postroad.codecs.types import Message
from postroad.commands.messages import CommandDescription, command_description
from postroad.errors import InvalidDeclaration


class SagaData(Message):
    """Base of a saga's data: what its steps need, stored as JSON between them.

    Immutable: a step changes it by returning `msgspec.structs.replace(data, …)`.
    A field added later needs a default, so that a saga in flight still reads.  A field without a type of its own (`Any`)
    reads what JSON and PostgreSQL make of it: a float of 1e16 or more comes back as an int.
    """


@dataclass(frozen=True, slots=True)
class CommandAction:
    """Send the command that `make` builds from the data; wait for its reply unless it declares none.

    Attributes:
        make: Pure function from the saga's data to a command.
        message: The command's class, read from the return annotation of `make`.
    """

    make: Callable[[Any], Message]
    message: type[Message]

    @property
    def description(self) -> CommandDescription:
        """The declaration of the command."""
        return command_description(self.message)


@dataclass(frozen=True, slots=True)
class LocalAction:
    """Run a use-case of the saga's own service in the same transaction; `name` is bound in its `handlers.py`."""

    name: str


Action = CommandAction | LocalAction
OnReply = Callable[[Any, Any], Any]


def command(make: Callable[[Any], Message]) -> CommandAction:
    """Make a step that sends a command.

    Raises:
        InvalidDeclaration: `make` is no ordinary function, or not annotated with a declared command as its result.
    """
    handling.check(make, table="a saga's step")
    results = handling.results_of(make)
    message = results[0] if len(results) == 1 else None
    if not isinstance(message, type) or not issubclass(message, Message):
        raise InvalidDeclaration(
            f"{handling.name_of(make)}: annotate the command it returns, such as '-> CreateTicket', with a name that is"
            " known at run time (not imported under 'if TYPE_CHECKING:')."
        )
    command_description(message)
    return CommandAction(make, message)


def local(name: str) -> LocalAction:
    """Make a step that runs a use-case of the saga's own service, named here and bound in `handlers.py`."""
    return LocalAction(name)


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a saga.

    Attributes:
        name: Stable name; it is stored and shown.
        do: The action; None for a step that only compensates.
        undo: The compensation; run in reverse order when a later step is refused.
        on: Reply class → pure function (data, reply) → data; called for any declared reply, refusals included.
        pivot: After this step the saga can only go forward: later steps are retried until they are done.
    """

    name: str
    do: Action | None = None
    undo: Action | None = None
    on: Mapping[type[Message], OnReply] = field(default_factory=dict)
    pivot: bool = False

    def __post_init__(self) -> None:
        """Refuse a function in `on` that is no ordinary one."""
        for reply, take in self.on.items():
            handling.check(take, table=f"step {self.name!r}, on {reply.__qualname__}", arguments=2)
