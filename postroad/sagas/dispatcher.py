"""Reply envelope → typed reply → orchestrator: what reads a service's reply queues.  See also: `commands.dispatcher`, for commands."""

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
    """Reads the replies to the commands of a service's sagas."""

    def __init__(self, sagas: Iterable[Saga], orchestrator: Orchestrator) -> None:
        self._names = NameRegistry([Done, Rejected])
        self._orchestrator = orchestrator
        for saga in sagas:
            for reply in saga.replies():
                self._names.add(reply)

    def check(self, envelope: Envelope) -> None:
        """Raise ForeignMessage if an envelope is no reply to a command of these sagas, whatever its body."""
        if not envelope.headers.get(names.SAGA_ID):
            raise InvalidEnvelope(f"reply {envelope.type!r} has no header {names.SAGA_ID!r}.")
        class_of(envelope, self._names)

    def __call__(self, envelope: Envelope) -> None:
        """Take one reply in the caller's transaction.

        A saga that waits for a reply which cannot be read is stuck from then on, and the reply is parked.

        Raises:
            PermanentError: It cannot be read and no saga waits for it, or is for none that is stored here; it is parked.
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
