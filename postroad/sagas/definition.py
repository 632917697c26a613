"""`Saga`: the definition of a saga, checked when it is created.  See also: `models`, for instances of it."""

from collections.abc import Iterator, Sequence
from typing import Any, Generic

from postroad.codecs.names import description_of
from postroad.codecs.sensitive import is_marked
from postroad.codecs.types import Message
from postroad.commands.messages import Rejected, command_description
from postroad.errors import InvalidDeclaration
from postroad.messaging.channels import CommandChannel
from postroad.sagas.steps import Action, CheckedStep, CommandAction, D, Step, checked

_MAX_CHARACTERS = 200  # of a name, which shares an index with the key
_LAST_VERSION = 2**31 - 1  # the database's integer


class Saga(Generic[D]):
    """Ordered steps over one kind of data.

    Attributes:
        name: Stable name `<service>.<VerbNoun>`; stored with every instance.
        version: Version of the steps; an instance is pinned to the one it started with.
        data: Class of the saga's data.
        key: Field of the data that identifies the subject of the saga (an order id).
        steps: The steps in order, checked.
    """

    def __init__(self, name: str, *, version: int, data: type[D], key: str, steps: Sequence[Step[D]]) -> None:
        self.name, self.version, self.data, self.key = name, version, data, key
        try:
            self.steps = tuple(checked(step, data) for step in steps)
        except InvalidDeclaration as error:
            raise InvalidDeclaration(f"saga {name}: {error}") from None
        self._by_name = {step.name: step for step in self.steps}
        for problem in self._problems():
            raise InvalidDeclaration(f"saga {name}: {problem}")

    @property
    def service(self) -> str:
        """The service that orchestrates it."""
        return self.name.partition(".")[0]

    def step(self, name: str) -> CheckedStep:
        """Return the step of that name.

        Raises:
            InvalidDeclaration: There is none: the step was renamed while an instance was in flight.
        """
        try:
            return self._by_name[name]
        except KeyError:
            known = ", ".join(self._by_name)
            raise InvalidDeclaration(f"saga {self.name} has no step {name!r}; steps: {known}.") from None

    def after(self, name: str) -> Sequence[CheckedStep]:
        """Return the steps after the named one; all steps for an empty name."""
        if not name:
            return self.steps
        return self.steps[self.steps.index(self.step(name)) + 1 :]

    def before(self, name: str) -> Sequence[CheckedStep]:
        """Return the steps before the named one, nearest first."""
        return self.steps[: self.steps.index(self.step(name))][::-1]

    def is_past_pivot(self, name: str) -> bool:
        """Whether the named step comes after the pivot, and so can only be retried."""
        return any(step.pivot for step in self.before(name))

    def actions(self) -> Iterator[tuple[CheckedStep, Action]]:
        """Yield every action with its step, compensations included."""
        for step in self.steps:
            for action in (step.do, step.undo):
                if action is not None:
                    yield step, action

    def commands(self) -> set[type[Message]]:
        """Return the command classes that the saga sends."""
        return {action.message for _, action in self.actions() if isinstance(action, CommandAction)}

    def channel(self, name: str) -> CommandChannel:
        """Return the command channel of that name that the saga sends to.

        Raises:
            InvalidDeclaration: It sends nothing there.
        """
        channels = {command_description(message).channel for message in self.commands()}
        for channel in channels:
            if channel.name == name:
                return channel
        raise InvalidDeclaration(f"saga {self.name} sends nothing to channel {name!r}.")

    def replies(self) -> set[type[Message]]:
        """Return every reply class that a participant may answer with."""
        sent = (action for _, action in self.actions() if isinstance(action, CommandAction))
        return {answer for action in sent for answer in action.description.replies}

    def answers(self, step: str, *, is_undo: bool) -> tuple[type[Message], ...]:
        """Return the replies to the command of the step's action or compensation; every command may get `Rejected`."""
        action = self.step(step).undo if is_undo else self.step(step).do
        declared = action.description.replies if isinstance(action, CommandAction) else ()
        return (*declared, Rejected)

    def _problems(self) -> Iterator[str]:
        yield from self._name_problems()
        if self.key not in self.data.__struct_fields__:
            yield f"key {self.key!r} is not a field of {self.data.__qualname__}."
        elif is_marked(self.data, self.key):
            yield f"key {self.key!r} is Sensitive, but keys are shown in tables and on pages; use an id as the key."
        if len(self._by_name) != len(self.steps):
            yield "two steps have the same name."
        if not any(step.do for step in self.steps):
            yield "no step has a 'do'; at least one must have it."
        pivots = [index for index, step in enumerate(self.steps) if step.pivot]
        if len(pivots) > 1:
            yield "more than one pivot."
        for index, step in enumerate(self.steps):
            yield from self._step_problems(step, is_late=bool(pivots) and index >= pivots[0])

    def _name_problems(self) -> Iterator[str]:
        if "." not in self.name:
            yield "write its name as '<service>.<VerbNoun>', such as 'orders.CreateOrder'."
        if len(self.name.encode()) > _MAX_CHARACTERS:
            yield f"use at most {_MAX_CHARACTERS} characters for its name."
        if not 0 <= self.version <= _LAST_VERSION:
            yield f"version {self.version} must be from 0 to {_LAST_VERSION}."

    def _step_problems(self, step: CheckedStep, *, is_late: bool) -> Iterator[str]:
        if step.do is None and step.undo is None:
            yield f"step {step.name!r} has neither 'do' nor 'undo'; give it one."
        if step.pivot and step.do is None:
            yield f"step {step.name!r} is the pivot but has no 'do'."
        if is_late and step.undo is not None:
            yield f"step {step.name!r} has an 'undo' at or after the pivot, where no step is compensated any more."
        declared: set[Any] = {
            answer
            for action in (step.do, step.undo)
            if isinstance(action, CommandAction)
            for answer in action.description.replies
        }
        for answer in step.on:
            if answer not in declared and answer is not Rejected:
                yield f"step {step.name!r} waits for {description_of(answer).name}, which its commands do not declare."
