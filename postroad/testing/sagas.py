"""Sagas told as stories: given a saga and its data, expect a command, answer it, and so on to the end.  Pure.

    story = given(create_order, data)
    story.expects(ValidateOrderByConsumer, to=CONSUMERS).answers(OrderValidated())
    story.expects(AuthorizeCharge, to=ACCOUNTING).answers(ChargeRefused(reason="card_expired"))
    story.runs_local("order")
    story.ends(Status.COMPENSATED)

Not: the orchestrator with its database; use `Pump` for that.
"""

from typing import Any, Generic

from postroad.codecs.names import description_of
from postroad.codecs.types import Message
from postroad.commands.messages import Done, Rejected, reply_description
from postroad.messaging.channels import CommandChannel
from postroad.sagas import execution
from postroad.sagas.definition import Saga
from postroad.sagas.execution import Status, Turn
from postroad.sagas.steps import CommandAction, D, LocalAction

_DONE = Done()


def given(saga: Saga[D], data: D) -> "SagaStory[D]":
    """Begin a story."""
    return SagaStory(saga, data)


class SagaStory(Generic[D]):
    """A saga under way, without database and messages.

    Attributes:
        data: The saga's data as they are now.
        turn: What the saga does now.
    """

    def __init__(self, saga: Saga[D], data: D) -> None:
        self._saga, self.data = saga, data
        self.turn: Turn = execution.begin(saga)

    def expects(self, command: type[Message], *, to: CommandChannel, **fields: Any) -> "SagaStory[D]":
        """Assert that the saga now sends this command to this channel, with these values in its fields.

        A notification, which nobody answers, is passed at once.
        """
        action = self.turn.action
        assert isinstance(action, CommandAction), f"expected {command.__qualname__}; {self._now()}"  # noqa: S101
        assert action.message is command, f"expected {command.__qualname__}; {self._now()}"  # noqa: S101
        assert action.description.channel == to, f"{command.__qualname__} goes to {action.description.channel.name!r}"  # noqa: S101
        sent = action.make(self.data)
        found = {name: getattr(sent, name) for name in fields}
        assert found == fields, f"{command.__qualname__} has {found}, expected {fields}"  # noqa: S101
        if not action.description.replies:
            self.turn = execution.succeeded(self._saga, self.turn.position)
        return self

    def answers(self, reply: Message = _DONE) -> "SagaStory[D]":
        """Answer the command just expected, with `Done` if nothing is said; the reply must be one that it declares, or `Rejected`."""
        action, position = self.turn.action, self.turn.position
        assert isinstance(action, CommandAction), f"there is nothing to answer; {self._now()}"  # noqa: S101
        declared = (*action.description.replies, Rejected)
        assert type(reply) in declared, f"{action.message.__qualname__} does not declare {type(reply).__qualname__}"  # noqa: S101
        handler = self._saga.on_reply(position.step, reply)
        if handler is not None:
            self.data = handler(self.data, reply)
        if reply_description(type(reply)).is_refusal:
            reason = str(getattr(reply, "reason", None) or "") or description_of(type(reply)).name
            self.turn = execution.failed(self._saga, position, reason=reason)
        else:
            self.turn = execution.succeeded(self._saga, position)
        return self

    def runs_local(self, step: str, *, returns: D | None = None) -> "SagaStory[D]":
        """Assert that the saga now runs the local use-case of this step; it succeeds and may return new data."""
        is_local = isinstance(self.turn.action, LocalAction)
        assert is_local and self.turn.position.step == step, f"expected local step {step!r}; {self._now()}"  # noqa: S101, PT018
        self.data = returns or self.data
        self.turn = execution.succeeded(self._saga, self.turn.position)
        return self

    def refuses_local(self, step: str, *, reason: str) -> "SagaStory[D]":
        """Assert that the saga now runs the local use-case of this step, which refuses."""
        is_local = isinstance(self.turn.action, LocalAction)
        assert is_local and self.turn.position.step == step, f"expected local step {step!r}; {self._now()}"  # noqa: S101, PT018
        self.turn = execution.failed(self._saga, self.turn.position, reason=reason)
        return self

    def ends(self, status: Status) -> None:
        """Assert that the saga has ended, or is stuck, with this status."""
        is_over = self.turn.action is None
        assert is_over and self.turn.position.status is status, f"expected {status.value}; {self._now()}"  # noqa: S101, PT018

    def _now(self) -> str:
        position, action = self.turn.position, self.turn.action
        doing = "nothing" if action is None else getattr(action, "name", "") or getattr(action, "message", action)
        return f"the saga is {position.status.value} at step {position.step!r} and does {doing}"
