"""Which queue names belong to the contract, and which of them a message may name.  Pure.

    kitchen.0, kitchen.any          commands            orders.restaurants.0    a subscription to events
    orders.replies.0                replies             orders.dead, orders.snapshots, orders.tasks

A message names queues in two places: `reply_to` of a command, and the subscriber of a request for snapshots.  A sender must
not be able to make Postroad write replies or snapshots into a queue for other messages.
"""

import re

_LONGEST = 255  # bytes of a queue's name (AMQP 0-9-1 §4.2.5.3)
_OWN = re.compile(r".*\.(?:[0-9]+|any|dead|snapshots|tasks)", re.DOTALL)
_REPLIES = re.compile(r".+\.replies\.[0-9]+", re.DOTALL)
_SUBSCRIBER = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")
_NO_SUBSCRIBERS = (".replies", ".any", ".dead", ".snapshots", ".tasks")
_SERVER_NAMED = "amq."
"""Prefix of names that only the broker assigns (rabbitmq.com/docs/queues): a client's exclusive queue, or direct reply-to."""


def takes_replies(queue: str) -> bool:
    """Whether a reply may go to a queue: one for replies, or one that does not belong to the contract."""
    if not _can_exist(queue):
        return False
    if queue.startswith(_SERVER_NAMED) or _REPLIES.fullmatch(queue):
        return True
    return _OWN.fullmatch(queue) is None


def is_subscriber(name: str) -> bool:
    """Whether a name is that of a subscriber to events, `<service>.<purpose>`, so that its queues hold events."""
    return _SUBSCRIBER.fullmatch(name) is not None and not name.endswith(_NO_SUBSCRIBERS) and _can_exist(f"{name}.255")


def _can_exist(queue: str) -> bool:
    """Whether a broker can have a queue of this name; U+FFFD marks bytes that were not valid text."""
    try:
        size = len(queue.encode())
    except UnicodeEncodeError:
        return False
    return 0 < size <= _LONGEST and "\x00" not in queue and "\ufffd" not in queue
