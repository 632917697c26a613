"""Which workers share the queues of a service, by their own announcements.  See also: `balance`, for who serves which queue.

Every worker publishes an event of its own beside Celery's heartbeats (`worker-postroad`): which queues it can serve,
as a digest, and which it serves now.  Workers with the same digest form a group, whatever their node names are; workers of
another application, or of a release with other queues, belong to another group.  Each group serves all its queues, and
single active consumer on every ordered queue keeps order between the groups.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

EVENT = "worker-postroad"
ROUTE = "worker.postroad"
SAY_SECONDS = 2.0
"""How often a worker announces itself; as often as Celery's own heartbeat."""

LOST_SECONDS = 3 * SAY_SECONDS
"""A worker that has not been heard for so long is considered gone; two events may be lost or late."""

_MAX_WORKERS = 10_000  # remembered: anybody on the virtual host may publish events


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What a worker announces about itself.

    Attributes:
        member: Unique name of the process.
        node: Its node name, for people; two workers may have the same.
        service: Its service; several are separated by commas.
        topology: Digest of the queues that it can serve.
        bindings: Digest of the bindings that it needs.
        queues: The queues that it serves now.
        is_leaving: Whether it ends, so that others may take over at once.
    """

    member: str
    node: str
    service: str
    topology: str
    bindings: str = ""
    queues: tuple[str, ...] = ()
    is_leaving: bool = False

    def fields(self) -> dict[str, Any]:
        """Return the fields of the event; Celery adds the node name as `hostname`."""
        return {
            "member": self.member,
            "service": self.service,
            "topology": self.topology,
            "bindings": self.bindings,
            "queues": list(self.queues),
            "is_leaving": self.is_leaving,
        }

    @classmethod
    def read(cls, event: Any) -> "Announcement":
        """Return what an event says.

        Raises:
            ValueError: It is not an announcement of this library.
        """
        if not (isinstance(event, Mapping) and isinstance(event.get("queues"), list)):
            raise ValueError("no announcement of a worker")  # noqa: TRY004 - wrong content, not a wrong argument
        texts: dict[str, Any] = {name: event.get(name) for name in ("member", "service", "topology", "bindings")}
        texts["node"] = event.get("hostname")
        if not all(isinstance(text, str) for text in (*texts.values(), *event["queues"])):
            raise ValueError("an announcement of a worker is all text")
        return cls(**texts, queues=tuple(event["queues"]), is_leaving=event.get("is_leaving") is True)


def unique() -> str:
    """Return a name for this process."""
    return uuid4().hex


class Members:
    """The other workers that were heard lately.  For one thread."""

    def __init__(self, own: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._own, self._clock = own, clock
        self._heard: dict[str, tuple[Announcement, float]] = {}

    def hear(self, said: Announcement) -> bool:
        """Record an announcement; return whether its worker was unknown."""
        if said.member == self._own:
            return False
        before = self._heard.pop(said.member, None)
        if said.is_leaving or len(self._heard) >= _MAX_WORKERS:
            return False
        self._heard[said.member] = (said, self._clock())
        return before is None

    def others(self) -> list[Announcement]:
        """Return the last announcement of each other worker that is not gone."""
        gone = self._clock() - LOST_SECONDS
        self._heard = {name: entry for name, entry in self._heard.items() if entry[1] > gone}
        return [said for said, _ in self._heard.values()]

    def peers(self, topology: str) -> dict[str, str]:
        """Return the other members of the group that serves a topology: member → node."""
        return {said.member: said.node for said in self.others() if said.topology == topology}
