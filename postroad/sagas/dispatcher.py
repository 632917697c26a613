"""Reply envelope → orchestrator: what reads a service's reply queues.  Not: the orchestrator, nor a command's handler."""

from collections.abc import Iterable

from postroad.codecs.names import NameRegistry
from postroad.codecs.registry import codec_for
from postroad.commands.messages import Done, Rejected
from postroad.errors import InvalidMessage
from postroad.messaging import headers as names
from postroad.messaging.message import Envelope
from postroad.sagas.definition import Saga
from postroad.sagas.orchestrator import take_reply


class ReplyDispatcher:
    """Reads the replies to the commands of a service's sagas."""

    def __init__(self, sagas: Iterable[Saga]) -> None:
        self._names = NameRegistry([Done, Rejected])
        for saga in sagas:
            for reply in saga.replies():
                self._names.add(reply)

    def __call__(self, envelope: Envelope) -> None:
        """Take one reply in the caller's transaction.

        Raises:
            PermanentError: It cannot be read, or is for no saga that is stored here; it is parked.
        """
        if not envelope.headers.get(names.SAGA_ID):
            raise InvalidMessage(f"reply {envelope.type!r} has no header {names.SAGA_ID!r}.")
        reply = codec_for(envelope.content_type).decode(envelope.body, self._names.find(envelope.type))
        take_reply(envelope, reply)
