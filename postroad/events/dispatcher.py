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
        """Raise ForeignMessage if an envelope is not an event that is handled here; its body is not read."""
        class_of(envelope, self._names)

    def ignores(self, envelope: Envelope) -> bool:
        """Whether this event has a type without a handler here; it is acknowledged, and not parked.

        Such events arrive after a handler was removed, until its binding is removed, too.
        """
        is_event = envelope.headers.get(headers.KIND, Kind.EVENT.value) == Kind.EVENT.value
        return is_event and bool(envelope.id and envelope.type) and envelope.type not in self._names

    def __call__(self, envelope: Envelope) -> None:
        """Handle one event in the caller's transaction; nothing happens for one that is ignored.

        Raises:
            PermanentError: It cannot be read; it is parked.
            InvalidResult: The handler returned a coroutine or generator, which would never run.
            Exception: Any exception of the handler.
        """
        if self.ignores(envelope):
            return
        message = class_of(envelope, self._names)
        event = codec_for(envelope.content_type).decode(envelope.body, message)
        handler = self._handlers.handlers[type(event)]
        handling.finished(handler(event), handler)
