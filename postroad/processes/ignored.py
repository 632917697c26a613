"""Counts events that no handler of this service takes.  See also: `events.dispatcher`, which ignores them.

The parent of a worker counts, as it counts everything else: its pool's processes measure nothing.
"""

from collections.abc import Iterable

from postroad.composition import Postroad
from postroad.events.dispatcher import EventDispatcher
from postroad.messaging import watch
from postroad.messaging.broker import Delivery


def tell_ignored(postroad: Postroad, subscriber: str, done: Iterable[Delivery]) -> None:
    """Tell `watch` how many of the messages that are done were ignored."""
    subscription = postroad.subscriptions.get(subscriber)
    if subscription is None or not isinstance(subscription.handle, EventDispatcher):
        return
    count = sum(subscription.handle.ignores(delivery.envelope) for delivery in done)
    if count:
        watch.tell(watch.Attempted(channel=subscriber, outcome="ignored", messages=count))
