"""Command envelope → typed handler → reply.

A command that cannot be read is answered `postroad.Rejected`, or raised (and then parked) when nobody waits for an
answer.  A refusal undoes the handler's changes and is the answer.  Any other exception is the handler's failure, and so
is every answer, a refusal or nothing included, that the command does not declare.
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

_MAX_DETAIL = 500  # characters: the sender knows its own body, an answer need not echo it whole
_REASONS: dict[type[PermanentError], str] = {
    UnknownMessageType: "unknown_type",
    UnknownContentType: "unknown_content_type",
    InvalidEnvelope: "invalid_message",
    InvalidMessage: "invalid_message",
}


class CommandDispatcher:
    """Calls the handlers of one command channel."""

    def __init__(self, handlers: CommandHandlers, *, further: Iterable[type[Message]] = ()) -> None:
        """Take a table; `further` commands can be read too, for a subclass whose `act` knows them."""
        self._handlers = handlers
        self._names = NameRegistry([*handlers.handlers, *further])

    def __call__(self, envelope: Envelope) -> None:
        """Handle one command in the caller's transaction.

        Raises:
            PermanentError: It cannot be read and nobody waits for an answer.
            Exception: Whatever the handler raised.
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
        """Handle a command that could be read, and answer it with these headers too."""
        answer(envelope, self._handle(command), headers=headers)

    def check(self, envelope: Envelope) -> None:
        """Raise ForeignMessage if an envelope belongs to no command of this channel, whatever its body."""
        class_of(envelope, self._names)

    def _read(self, envelope: Envelope) -> Message:
        message = class_of(envelope, self._names)
        return codec_for(envelope.content_type).decode(envelope.body, message)

    def _handle(self, command: Message) -> Message:
        handler = self._handlers.handlers[type(command)]
        is_refusable = self._handlers.is_refusable(type(command))
        try:  # only a command that declares a refusal pays for a savepoint
            with transaction.atomic() if is_refusable else nullcontext():
                reply = handling.finished(handler(command), handler)
        except Refusal as refusal:
            reply = refusal.reply
            if is_refusable and isinstance(reply, Rejected):
                return reply  # a rule of the command that its type cannot say
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
