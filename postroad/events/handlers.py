"""`EventHandlers`: which use-case handles which event, for one named subscriber.  See also: `dispatcher`, which calls them.

EVENTS = EventHandlers("kitchen.restaurants", of=RESTAURANTS, handlers={
    RestaurantCreated: usecases.keep_restaurant,
    MenuRevised:       usecases.keep_menu,
})
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from postroad import handling
from postroad.codecs.types import Message
from postroad.errors import InvalidDeclaration
from postroad.events.messages import event_description
from postroad.messaging.channels import MAX_CHARACTERS, EventChannel

EventHandler = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class EventHandlers:
    """The handlers of one subscriber for the events of one channel.

    Attributes:
        subscriber: Stable name `<service>.<purpose>`, which its queues and its processed messages have.
        of: The event channel.
        handlers: Event type → use case; events of other types are not delivered.
    """

    subscriber: str
    of: EventChannel
    handlers: Mapping[type[Message], EventHandler]

    def __post_init__(self) -> None:
        """Refuse an invalid subscriber name, events of another channel, and use cases that do not take the event."""
        if not 1 <= len(self.subscriber.encode()) <= MAX_CHARACTERS:
            raise InvalidDeclaration(f"subscriber {self.subscriber!r}: use 1 to {MAX_CHARACTERS} characters.")
        for message, handler in self.handlers.items():
            description = event_description(message)
            if description.channel != self.of:
                raise InvalidDeclaration(
                    f"{self.subscriber}: {description.name} is published on {description.channel.name!r}, "
                    f"not on {self.of.name!r}."
                )
            handling.check(handler, table=f"events of {self.subscriber!r}", takes=(message,))
