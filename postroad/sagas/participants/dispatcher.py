"""Handles a command channel whose commands lock their target until their saga ends.  See also: `locks`, for the rows.

    COMMANDS = CommandHandlers(KITCHEN, {CreateTicket: usecases.create_ticket}, locks={CreateTicket: "ticket"})

A command with a lock claims it for its saga; if another saga holds it, the command is stashed and handled later.  The
reply names the lock, so that the orchestrator can send `Unlock` when the saga ends.  A command that has no saga or no key
takes no lock.
"""

from collections.abc import Mapping

from typing_extensions import override

from postroad.codecs.names import key_of
from postroad.codecs.types import Message
from postroad.commands.dispatcher import CommandDispatcher
from postroad.commands.handlers import CommandHandlers
from postroad.messaging import headers as names
from postroad.messaging.message import Envelope
from postroad.messaging.texts import indexed, short, storable
from postroad.sagas.participants import locks
from postroad.sagas.participants.unlocking import Unlock


class Participant(CommandDispatcher):
    """Calls the handlers of one command channel, after taking the lock that the table names for a command."""

    def __init__(self, handlers: CommandHandlers) -> None:
        super().__init__(handlers, further=[Unlock])
        self._locks, self._channel = handlers.locks, handlers.channel

    @override
    def act(self, envelope: Envelope, command: Message, *, headers: Mapping[str, str] | None = None) -> None:
        saga_id = short(storable(envelope.headers.get(names.SAGA_ID, "")))  # short enough for an index
        if isinstance(command, Unlock):
            for waiting in locks.release(command.target, saga_id=saga_id):
                self(waiting)
            return
        lock, key = self._locks.get(type(command)), key_of(command)
        if not lock or not saga_id or not key:
            super().act(envelope, command, headers=headers)
            return
        target = indexed(f"{self._channel.name}/{lock}/{key}")
        if locks.claim(target, saga_id=saga_id, saga_type=storable(envelope.headers.get(names.SAGA_TYPE, ""))):
            super().act(envelope, command, headers={**(headers or {}), names.SAGA_LOCK: target})
        else:
            locks.stash(target, envelope, saga_id=saga_id)
