"""Command envelope → typed handler → reply.

The reply to a command that cannot be read is `postroad.Rejected`; if the sender expects no reply, the error is raised, and the
command is parked.  A refusal undoes the handler's changes and is sent as the reply.  Any other exception is a failure of the
handler, and so is a result that the command does not declare: another reply, a refusal or None.
"""

from collections.abc import Iterable, Mapping
from contextlib import nullcontext

from django.db import transaction

from postroad import handling
from postroad.codecs.names import NameRegistry
from postroad.codecs.registry import codec_for
from postroad.codecs.types import Message
from postroad.commands.handlers import CommandHandler, CommandHandlers
from postroad.commands.messages import Done, Rejected, command_description
from postroad.commands.refusals import Refusal
from postroad.commands.replies import answer, wants_answer
from postroad.envelopes import class_of
from postroad.errors import (
    InvalidEnvelope,
    InvalidMessage,
    InvalidResult,
    PermanentError,
    UnknownContentType,
    UnknownMessageType,
)
from postroad.messaging.message import Envelope

_MAX_DETAIL = 500  # characters: the sender knows its body, so the reply need not repeat all of it
_REASONS: dict[type[PermanentError], str] = {
    UnknownMessageType: "unknown_type",
    UnknownContentType: "unknown_content_type",
    InvalidEnvelope: "invalid_message",
    InvalidMessage: "invalid_message",
}


class CommandDispatcher:
    """Calls the handlers of one command channel."""

    def __init__(self, handlers: CommandHandlers, *, further: Iterable[type[Message]] = ()) -> None:
        """Take a table; `further` are commands beside it that a subclass handles in `act`."""
        self._handlers = handlers
        self._names = NameRegistry([*handlers.handlers, *further])

    def __call__(self, envelope: Envelope) -> None:
        """Handle one command in the caller's transaction.

        Raises:
            PermanentError: It cannot be read, and the sender expects no reply.
            Exception: Any exception of the handler.
        """
        try:
            command = self._read(envelope)
        except PermanentError as error:
            if not wants_answer(envelope):
                raise
            reason = _REASONS.get(type(error), "unreadable")
            answer(envelope, Rejected(reason=reason, detail=str(error)[:_MAX_DETAIL]))
            return
        self.act(envelope, command)

    def act(self, envelope: Envelope, command: Message, *, headers: Mapping[str, str] | None = None) -> None:
        """Handle a decoded command, and send its reply with additional `headers`."""
        answer(envelope, self._handle(command), headers=headers)

    def check(self, envelope: Envelope) -> None:
        """Raise ForeignMessage if an envelope is not a command of this channel; its body is not read."""
        class_of(envelope, self._names)

    def _read(self, envelope: Envelope) -> Message:
        message = class_of(envelope, self._names)
        return codec_for(envelope.content_type).decode(envelope.body, message)

    def _handle(self, command: Message) -> Message:
        handler = self._handlers.handlers[type(command)]
        is_refusable = self._handlers.is_refusable(type(command))
        try:  # only a command that declares a refusal needs a savepoint
            with transaction.atomic() if is_refusable else nullcontext():
                reply = handling.finished(handler(command), handler)
        except Refusal as refusal:
            reply = refusal.reply
            if is_refusable and isinstance(reply, Rejected):
                return reply  # the command breaks a rule that its type cannot express
        return _declared(reply, command, by=handler)


def _declared(reply: object, command: Message, *, by: CommandHandler) -> Message:
    description = command_description(type(command))
    if isinstance(reply, Message) and type(reply) in (description.replies or (Done,)):
        return reply
    if reply is None and not description.replies:
        return Done()
    known = ", ".join(one.__qualname__ for one in description.replies)
    raise InvalidResult(
        f"{handling.name_of(by)} answers {description.name} with {type(reply).__qualname__ if reply is not None else 'nothing'}"
        f"; the command declares {f'replies=({known},)' if known else 'no replies: return nothing'}."
    )
