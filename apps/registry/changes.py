"""Recent changes: the delta that clients fetch instead of the whole registry."""

from collections.abc import Iterable

from postroad.calls.discovery.eureka.instance import Instance

KEEP_SECONDS = 180.0
"""Eureka's default: a client may lose six fetches before it must fetch everything."""


class RecentChanges:
    """The last change of each instance that changed within `keep_seconds`, of the newest `maximum`.

    A client that misses a change notices it by the hashcode, and fetches everything.
    """

    def __init__(self, *, first_version: int, maximum: int, keep_seconds: float = KEEP_SECONDS) -> None:
        self.version = first_version
        self._maximum, self._keep_seconds = maximum, keep_seconds
        self._changes: dict[tuple[str, str], tuple[float, Instance]] = {}

    def note(self, now: float, instance: Instance) -> None:
        """Remember the instance in its changed state."""
        self.version += 1
        self._changes.pop(instance.key, None)
        self._changes[instance.key] = (now, instance)
        if len(self._changes) > self._maximum:
            del self._changes[next(iter(self._changes))]

    def since(self, now: float) -> Iterable[Instance]:
        """Return the changed instances, the oldest change first."""
        old = [key for key, (at, _) in self._changes.items() if now - at > self._keep_seconds]
        for key in old:
            del self._changes[key]
        return [instance for _, instance in self._changes.values()]
