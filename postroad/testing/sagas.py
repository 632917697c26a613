"""Sagas told as stories: given a saga and its data, expect a command, answer it, and so on to the end.  Pure.

    story = given(create_order, data)
    story.expects(ValidateOrderByConsumer, to=CONSUMERS).answers(OrderValidated())
    story.expects(AuthorizeCharge, to=ACCOUNTING).answers(ChargeRefused(reason="card_expired"))
    story.runs_local("order")
    story.ends(Status.COMPENSATED)

See also: `pump`, for the orchestrator with its database.
"""

from collections import deque
from typing import Any, Generic, cast

from postroad.codecs.types import Message
from postroad.commands.messages import Done, Rejected
from postroad.messaging.channels import CommandChannel
from postroad.sagas import execution
from postroad.sagas.definition import Saga
from postroad.sagas.execution import Decision, Position, Sending, Status
from postroad.sagas.steps import D

_DONE = Done()


def given(saga: Saga[D], data: D) -> "SagaStory[D]":
    """Begin a story."""
    return SagaStory(saga, data)


class SagaStory(Generic[D]):
    """A saga under way, without database and messages.

    Attributes:
        data: The saga's data as they are now.
        position: Where the saga stands.
    """

    def __init__(self, saga: Saga[D], data: D) -> None:
        self._saga = saga
        self._expected: Sending | None = None
        self._become(execution.begin(saga, data))

    @property
    def delay_seconds(self) -> float:
        """How long the saga waits before it sends the next command."""
        return self._sends[0].delay_seconds if self._sends else 0.0

    def expects(self, command: type[Message], *, to: CommandChannel, **fields: Any) -> "SagaStory[D]":
        """Assert that the saga now sends this command to this channel, with these values in its fields."""
        sent = self._sends[0] if self._sends else None
        assert sent is not None, f"expected {command.__qualname__}; {self._now()}"  # noqa: S101
        assert type(sent.command) is command, f"expected {command.__qualname__}; {self._now()}"  # noqa: S101
        assert sent.description.channel == to, f"{command.__qualname__} goes to {sent.description.channel.name!r}"  # noqa: S101
        found = {name: getattr(sent.command, name) for name in fields}
        assert found == fields, f"{command.__qualname__} has {found}, expected {fields}"  # noqa: S101
        self._sends.popleft()
        self._expected = sent if sent.is_answered else None
        return self

    def answers(self, reply: Message = _DONE) -> "SagaStory[D]":
        """Answer the command just expected, with `Done` if nothing is said; the reply must be one that it declares, or `Rejected`."""
        asked = self._expected
        assert asked is not None, f"there is nothing to answer; {self._now()}"  # noqa: S101
        declared = (*asked.description.replies, Rejected)
        command = type(asked.command).__qualname__
        assert type(reply) in declared, f"{command} does not declare {type(reply).__qualname__}"  # noqa: S101
        self._become(execution.take(self._saga, self.position, self.data, reply))
        return self

    def runs_local(self, step: str, *, returns: D | None = None) -> "SagaStory[D]":
        """Assert that the saga now runs the local use-case of this step; it succeeds and may return new data."""
        self._expect_local(step)
        self._become(execution.take(self._saga, self.position, returns or self.data, _DONE))
        return self

    def refuses_local(self, step: str, *, reason: str) -> "SagaStory[D]":
        """Assert that the saga now runs the local use-case of this step, which refuses."""
        self._expect_local(step)
        self._become(execution.take(self._saga, self.position, self.data, Rejected(reason=reason)))
        return self

    def ends(self, status: Status) -> None:
        """Assert that the saga has ended, or is stuck, with this status."""
        is_over = not self._sends and not self.position.status.is_moving
        assert is_over and self.position.status is status, f"expected {status.value}; {self._now()}"  # noqa: S101, PT018

    def _become(self, decision: Decision) -> None:
        self.data, self.position = cast("D", decision.data), decision.position
        self._sends, self._local = deque(decision.sends), decision.local
        self._expected = None

    def _expect_local(self, step: str) -> None:
        is_local = not self._sends and self._local is not None
        assert is_local and self.position.step == step, f"expected local step {step!r}; {self._now()}"  # noqa: S101, PT018

    def _now(self) -> str:
        at: Position = self._sends[0].at if self._sends else self.position
        if self._sends:
            doing = f"sends {type(self._sends[0].command).__qualname__}"
        elif self._expected:
            doing = f"waits for the reply to {type(self._expected.command).__qualname__}"
        else:
            doing = f"runs {self._local.name}" if self._local else "does nothing"
        return f"the saga is {at.status.value} at step {at.step!r} and {doing}"
