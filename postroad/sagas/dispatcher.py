"""Reply envelope → typed reply → orchestrator, for a service's reply queues.  See also: `commands.dispatcher`, for commands."""

from collections.abc import Iterable

from postroad.codecs.names import NameRegistry
from postroad.codecs.registry import codec_for
from postroad.codecs.types import Message
from postroad.commands.messages import Done, Rejected
from postroad.envelopes import class_of
from postroad.errors import InvalidEnvelope, PermanentError
from postroad.messaging import headers as names
from postroad.messaging.message import Envelope
from postroad.sagas.definition import Saga
from postroad.sagas.orchestrator import Orchestrator


class ReplyDispatcher:
    """Decodes the replies to the commands of a service's sagas, and passes them to the orchestrator."""

    def __init__(self, sagas: Iterable[Saga], orchestrator: Orchestrator) -> None:
        self._names = NameRegistry([Done, Rejected])
        self._orchestrator = orchestrator
        for saga in sagas:
            for reply in saga.replies():
                self._names.add(reply)

    def check(self, envelope: Envelope) -> None:
        """Raise ForeignMessage if an envelope is not a reply to a command of these sagas; its body is not read."""
        if not envelope.headers.get(names.SAGA_ID):
            raise InvalidEnvelope(f"reply {envelope.type!r} has no header {names.SAGA_ID!r}.")
        class_of(envelope, self._names)

    def __call__(self, envelope: Envelope) -> None:
        """Handle one reply in the caller's transaction.

        If a saga waits for a reply that cannot be read, the saga becomes stuck and the reply is parked.

        Raises:
            PermanentError: It cannot be read and no saga waits for it, or its saga is not stored here; it is parked.
        """
        reply = self._read(envelope)
        if isinstance(reply, PermanentError) and not envelope.headers.get(names.SAGA_ID):
            raise reply
        self._orchestrator.take(envelope, reply)

    def _read(self, envelope: Envelope) -> Message | PermanentError:
        try:
            self.check(envelope)
            return codec_for(envelope.content_type).decode(envelope.body, self._names.find(envelope.type))
        except PermanentError as error:
            return error
