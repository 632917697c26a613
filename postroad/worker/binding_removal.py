"""When a worker removes bindings that no handler needs.  See also: `processes.bindings`, for how.

A worker hears all other workers of its service, so it knows whether another release still runs.  It asks the database
in a thread, because the event loop must not wait for a database that does not answer.
"""

import threading
import time
from collections.abc import Callable, Iterable
from functools import partial

from postroad.brokers.rabbitmq.broker import RabbitMQ
from postroad.composition import Postroad
from postroad.messaging.conf import MessagingSettings
from postroad.processes.bindings import digest_of, name_of, settle
from postroad.worker.members import LOST_SECONDS, Announcement

AGAIN_SECONDS = 60.0


class BindingKeeper:
    """One per worker; records at once what this release binds, and removes later what no release needs.

    Attributes:
        digest: Digest of the bindings that this release needs.
    """

    def __init__(self, parts: Postroad, *, now: Callable[[], float] = time.monotonic) -> None:
        self.digest, self._name = digest_of(parts), name_of(parts)
        self._parts, self._now = parts, now
        self._looks_at = 0.0
        self._hears_all_at = now() + 2 * LOST_SECONDS
        self._is_settled = False
        self._thread = threading.Thread()

    def look(self, others: Iterable[Announcement], *, can_hear: bool) -> None:
        """Start a look at the bindings, in a thread, if one is due.

        Args:
            others: The workers that are heard.
            can_hear: Whether others can be heard at all; without gossip nothing is removed.
        """
        now = self._now()
        has_other_release = any(said.service == self._name and said.bindings != self.digest for said in others)
        self._is_settled = self._is_settled and not has_other_release
        if self._is_settled or now < self._looks_at or self._thread.is_alive():
            return
        may_remove = can_hear and not has_other_release and now >= self._hears_all_at
        self._looks_at = now + AGAIN_SECONDS if now >= self._hears_all_at else self._hears_all_at
        settle_so = partial(self._settle, may_remove=may_remove)
        self._thread = threading.Thread(target=settle_so, name="postroad-bindings", daemon=True)
        self._thread.start()

    def _settle(self, *, may_remove: bool) -> None:
        self._is_settled = (
            settle(RabbitMQ(MessagingSettings.current().broker_url), self._parts, may_remove=may_remove) and may_remove
        )
