"""Event envelope → typed handler, for one subscriber.  Not: duplicates and retries, which the pipeline has dealt with."""

from postroad import handling
from postroad.codecs.names import NameRegistry
from postroad.codecs.registry import codec_for
from postroad.envelopes import class_of
from postroad.events.handlers import EventHandlers
from postroad.messaging.message import Envelope


class EventDispatcher:
    """Calls the handlers of one subscriber."""

    def __init__(self, handlers: EventHandlers) -> None:
        self._handlers = handlers
        self._names = NameRegistry(handlers.handlers)

    def check(self, envelope: Envelope) -> None:
        """Raise ForeignMessage if an envelope belongs to no event that is handled here, whatever its body."""
        class_of(envelope, self._names)

    def __call__(self, envelope: Envelope) -> None:
        """Handle one event in the caller's transaction.

        Raises:
            PermanentError: It cannot be read; it is parked.
            InvalidResult: The handler returned something that nobody would run.
            Exception: Whatever the handler raised.
        """
        message = class_of(envelope, self._names)
        event = codec_for(envelope.content_type).decode(envelope.body, message)
        handler = self._handlers.handlers[type(event)]
        handling.finished(handler(event), handler)
