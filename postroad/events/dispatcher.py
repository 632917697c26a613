"""Event envelope → typed handler, for one subscriber.  Not: duplicates and retries, which the pipeline has dealt with."""

from postroad.codecs.names import NameRegistry
from postroad.codecs.registry import codec_for
from postroad.errors import InvalidMessage
from postroad.events.handlers import EventHandlers
from postroad.messaging.message import Envelope


class EventDispatcher:
    """Calls the handlers of one subscriber."""

    def __init__(self, handlers: EventHandlers) -> None:
        self._handlers = handlers
        self._names = NameRegistry(handlers.handlers)

    def __call__(self, envelope: Envelope) -> None:
        """Handle one event in the caller's transaction.

        Raises:
            PermanentError: It cannot be read; it is parked.
            Exception: Whatever the handler raised.
        """
        if not envelope.id:
            raise InvalidMessage(f"{envelope.type or 'an event'} has no message_id, so a duplicate could not be told.")
        message = self._names.find(envelope.type)
        event = codec_for(envelope.content_type).decode(envelope.body, message)
        self._handlers.handlers[type(event)](event)
