"""Event envelope → typed handler, for one subscriber."""

from postroad import handling
from postroad.codecs.names import NameRegistry
from postroad.codecs.registry import codec_for
from postroad.envelopes import class_of
from postroad.events.handlers import EventHandlers
from postroad.messaging import headers
from postroad.messaging.message import Envelope, Kind


class EventDispatcher:
    """Calls the handlers of one subscriber."""

    def __init__(self, handlers: EventHandlers) -> None:
        self._handlers = handlers
        self._names = NameRegistry(handlers.handlers)

    def check(self, envelope: Envelope) -> None:
        """Raise ForeignMessage if an envelope belongs to no event that is handled here, whatever its body."""
        class_of(envelope, self._names)

    def ignores(self, envelope: Envelope) -> bool:
        """Whether this is an event of a type that nobody handles here: it is done, and parks neither itself nor its key.

        So come events of a type that was handled once, until its binding is removed.
        """
        is_event = envelope.headers.get(headers.KIND, Kind.EVENT.value) == Kind.EVENT.value
        return is_event and bool(envelope.id and envelope.type) and envelope.type not in self._names

    def __call__(self, envelope: Envelope) -> None:
        """Handle one event in the caller's transaction; nothing happens for one that is ignored.

        Raises:
            PermanentError: It cannot be read; it is parked.
            InvalidResult: The handler returned something that nobody would run.
            Exception: Whatever the handler raised.
        """
        if self.ignores(envelope):
            return
        message = class_of(envelope, self._names)
        event = codec_for(envelope.content_type).decode(envelope.body, message)
        handler = self._handlers.handlers[type(event)]
        handling.finished(handler(event), handler)
