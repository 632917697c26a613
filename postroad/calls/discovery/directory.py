"""A client's copy of the registry: it fetches all instances once, then the changes.

A restarted registry has no instances for a while, and its answers say so.  So an instance that disappears without being
reported as deleted is still used until its lease would have ended.
"""

from collections.abc import Mapping, Sequence

from postroad.calls.discovery.eureka.applications import Applications, hashcode
from postroad.calls.discovery.eureka.instance import Action, Instance, Status

_Key = tuple[str, str]


class Directory:
    """One client's copy.

    Concurrency: one thread writes, any may read; readers see whole tables only.
    """

    def __init__(self) -> None:
        self._known: Mapping[_Key, Instance] = {}
        self._doubtful: Mapping[_Key, tuple[Instance, float]] = {}

    def replace(self, everything: Applications, *, now: float) -> None:
        """Replace the copy by all instances of the registry.

        Args:
            everything: The registry's answer.
            now: Monotonic seconds.
        """
        known = {instance.key: instance for instance in everything.instances}
        vanished = {
            key: (instance, now + instance.lease.duration_seconds)
            for key, instance in self._known.items()
            if key not in known
        }
        still = {key: entry for key, entry in self._doubtful.items() if key not in known and entry[1] > now}
        self._known, self._doubtful = known, {**still, **vanished}

    def merge(self, changed: Applications) -> bool:
        """Apply the latest changes; False if the copy does not match the registry then, and must be fetched completely."""
        known = dict(self._known)
        for instance in changed.instances:
            known.pop(instance.key, None)
            if instance.action is not Action.DELETED:
                known[instance.key] = instance
        told = {instance.key for instance in changed.instances}
        self._doubtful = {key: entry for key, entry in self._doubtful.items() if key not in told}
        self._known = known
        return hashcode(known.values()) == changed.hashcode

    def find(self, service: str, *, now: float) -> Sequence[Instance]:
        """Return the instances of a service that take calls; a hyphen in the name is the same as an underscore."""
        doubtful = [instance for instance, until in self._doubtful.values() if until > now]
        app = app_name(service)
        return [
            instance
            for instance in [*self._known.values(), *doubtful]
            if app_name(instance.app) == app and instance.status is Status.UP
        ]

    def names(self) -> Sequence[str]:
        """Return the names of all services that are known."""
        return sorted({app for app, _ in self._known})


def app_name(service: str) -> str:
    """Return a service's name in the registry's form: `ORDER-HISTORY`."""
    return service.upper().replace("_", "-")
