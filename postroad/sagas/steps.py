"""The rows of a saga's table, as its author writes them, and what a function in a row is.

    Step("ticket", do=create_ticket, undo=cancel_create_ticket, on={TicketReserved: remember_ticket})

If a function returns a declared command, that command is sent.  A function that returns None or new data is a local step:
it runs in the saga's own service, in the transaction that moves the saga.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic

from typing_extensions import TypeVar

from postroad import handling
from postroad.codecs.types import Message
from postroad.commands.messages import CommandDescription, command_description
from postroad.errors import InvalidDeclaration


class SagaData(Message):
    """Base of a saga's data: what its steps need, stored as JSON between them.

    Immutable: a step changes it by returning `msgspec.structs.replace(data, …)`.
    A field that is added later needs a default, so that the data of sagas in flight can still be read.  A field of type
    `Any` holds what JSON and PostgreSQL return: a float of 1e16 or more comes back as an int.
    """


D = TypeVar("D", bound=SagaData, default=Any)
StepFunction = Callable[[D], Message | None]
"""Takes the saga's data; returns a command to send or, for a local step, new data (which are a `Message`, too) or None."""

OnReply = Callable[[D, Any], D]
LocalFunction = Callable[[Any], SagaData | None]


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
    """Run a function of the saga's own service in the same transaction."""

    run: LocalFunction

    @property
    def name(self) -> str:
        """The function's name, which the saga's history shows.  The saga's position is stored as the name of the step."""
        return handling.name_of(self.run).rpartition(".")[2]


Action = CommandAction | LocalAction


@dataclass(frozen=True, slots=True)
class Step(Generic[D]):
    """One row of a saga.

    Attributes:
        name: Stable name; it is stored and shown, so functions may be renamed while sagas are in flight.
        do: What the step does; None for a step that only compensates.
        undo: The compensation; run in reverse order when a later step is refused.
        on: Reply class → pure function (data, reply) → data; any declared reply may have one, refusals included.
        pivot: After this step the saga can only go forward: later steps are retried until they are done.
    """

    name: str
    do: StepFunction[D] | None = None
    undo: StepFunction[D] | None = None
    on: Mapping[type[Message], OnReply[D]] = field(default_factory=dict)
    pivot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedStep:
    """A `Step` whose functions have been classified as commands or local steps."""

    name: str
    do: Action | None
    undo: Action | None
    on: Mapping[type[Message], OnReply[Any]]
    pivot: bool


def checked(step: Step[Any], data: type[SagaData]) -> CheckedStep:
    """Classify the functions of a step by their annotations.

    Raises:
        InvalidDeclaration: A function is not an ordinary function, takes other data, or returns neither a command nor the data.
    """
    for reply, take in step.on.items():
        handling.check(take, table=f"step {step.name!r}, on {reply.__qualname__}", takes=(data, reply), arguments=2)
    return CheckedStep(
        name=step.name,
        do=None if step.do is None else _action(step.do, data, where=f"step {step.name!r}, do"),
        undo=None if step.undo is None else _action(step.undo, data, where=f"step {step.name!r}, undo"),
        on=step.on,
        pivot=step.pivot,
    )


def _action(function: Callable[[Any], Any], data: type[SagaData], *, where: str) -> Action:
    handling.check(function, table=where, takes=(data,))
    results = handling.results_of(function)
    if results and all(result in (data, type(None)) for result in results):
        return LocalAction(function)
    message = results[0] if len(results) == 1 else None
    if not isinstance(message, type) or not issubclass(message, Message):
        raise InvalidDeclaration(
            f"{where}: {handling.name_of(function)} must be annotated with what it returns: a command, such as"
            f" '-> CreateTicket', or for a local step '-> None' or '-> {data.__qualname__}'; the name must be known at run"
            " time (not imported under 'if TYPE_CHECKING:')."
        )
    command_description(message)
    return CommandAction(function, message)
