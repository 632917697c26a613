"""The registry of instances, with leases that must be renewed.

Its state lives in memory and in one process. After a restart it is empty, and its clients fill it within one renewal
interval: an unknown renewal is refused, and so they register again.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from apps.registry.bounds import Bounds
from apps.registry.changes import RecentChanges
from apps.registry.preservation import Pulse, is_outage
from postroad.calls.discovery.eureka.applications import Applications, hashcode
from postroad.calls.discovery.eureka.instance import Action, Instance, Status

_OWN_STATUSES = (Status.DOWN, Status.STARTING)
"""Statuses of an instance that no operator can override: it cannot take calls."""


@dataclass(slots=True, kw_only=True)
class _Entry:
    """A lease: the instance as it registered, and what has changed since.  Times are seconds of the clock."""

    reported: Instance
    pulse: Pulse
    registered_at: float
    renewed_at: float
    updated_at: float
    up_at: float = 0.0
    override: Status | None = None
    action: Action = Action.ADDED

    @property
    def expires_at(self) -> float:
        return self.renewed_at + self.reported.lease.duration_seconds

    def shown(self) -> Instance:
        """Return the instance as clients see it."""
        own, override = self.reported.status, self.override
        return replace(
            self.reported,
            status=own if override is None or own in _OWN_STATUSES else override,
            overridden=override or Status.UNKNOWN,
            updated_ms=_ms(self.updated_at),
            action=self.action,
            lease=replace(
                self.reported.lease,
                registered_ms=_ms(self.registered_at),
                renewed_ms=_ms(self.renewed_at),
                evicted_ms=0,
                up_ms=_ms(self.up_at),
            ),
        )


class Registry:
    """All operations of the protocol.  Names of applications are not case-sensitive.

    There is no timer: expired instances are evicted at the next request, which looks the same to clients.

    Concurrency: one lock; safe in all threads of one process.
    """

    def __init__(
        self, *, clock: Callable[[], float], is_self_preserving: bool = True, bounds: Bounds | None = None
    ) -> None:
        """Make an empty registry.

        Args:
            clock: Seconds since 1970 that never jump.
            is_self_preserving: Evict no instance while too many renewals are missing.
            bounds: How much it keeps; None: the usual ones.
        """
        self._bounds = bounds or Bounds()
        self._clock, self._is_self_preserving = clock, is_self_preserving
        self._lock = threading.Lock()
        self._entries: dict[tuple[str, str], _Entry] = {}
        self._changes = RecentChanges(
            first_version=_ms(clock()),  # a restarted registry has another version
            maximum=self._bounds.instances,
        )

    def register(self, instance: Instance) -> None:
        """Start a lease, or restart it with the new registration; an operator's status is kept.

        Raises:
            InstanceTooLarge: The instance is too large.
            RegistryFull: There are as many as there may be, and it is not among them.
        """
        self._bounds.check_size(instance)
        with self._at_present() as now:
            before = self._entries.get(instance.key)
            if before is None:
                self._bounds.check_room(instance.app, self._entries.keys())
            given = instance.overridden if instance.overridden is not Status.UNKNOWN else None
            entry = _Entry(
                reported=replace(instance, dirty_ms=instance.dirty_ms or _ms(now)),
                pulse=Pulse(since=now, renewal_seconds=instance.lease.renewal_seconds),
                registered_at=now,
                renewed_at=now,
                updated_at=now,
                up_at=before.up_at if before else 0.0,
                override=before.override if before and before.override else given,
            )
            self._entries[instance.key] = entry
            self._note(now, entry, Action.ADDED)

    def renew(self, app: str, instance_id: str, *, dirty_ms: int | None = None) -> bool:
        """Renew a lease; False asks the instance to register (again), because it is unknown or has changed."""
        with self._at_present() as now:
            entry = self._entries.get(_key(app, instance_id))
            if entry is None or (dirty_ms is not None and dirty_ms > entry.reported.dirty_ms):
                return False
            entry.renewed_at = now
            entry.pulse.beat(now)
            return True

    def cancel(self, app: str, instance_id: str) -> bool:
        """End a lease; False if there is none."""
        with self._at_present() as now:
            return self._remove(now, _key(app, instance_id))

    def set_status(self, app: str, instance_id: str, status: Status) -> bool:
        """Override the instance's own status with an operator's; False if the instance is unknown."""
        with self._modifying(app, instance_id) as entry:
            if entry is not None:
                entry.override = status
        return entry is not None

    def clear_status(self, app: str, instance_id: str, *, fallback: Status | None = None) -> bool:
        """Remove the operator's status; until it registers again, a given `fallback` is its own status; False if unknown."""
        with self._modifying(app, instance_id) as entry:
            if entry is not None:
                entry.override = None
                entry.reported = replace(entry.reported, status=fallback or entry.reported.status)
        return entry is not None

    def set_metadata(self, app: str, instance_id: str, values: Mapping[str, str]) -> bool:
        """Add to an instance's metadata until it registers again; False if it is unknown.

        Raises:
            InstanceTooLarge: Its metadata would be too large.
        """
        with self._modifying(app, instance_id) as entry:
            if entry is not None:
                changed = replace(entry.reported, metadata={**entry.reported.metadata, **values})
                self._bounds.check_size(changed)
                entry.reported = changed
        return entry is not None

    def everything(self) -> Applications:
        """Return all instances."""
        with self._at_present():
            return self._answer(lambda _: True)

    def changed(self) -> Applications:
        """Return the recently changed and deleted instances, with the hashcode of all instances."""
        with self._at_present() as now:
            return replace(self._answer(lambda _: False), instances=tuple(self._changes.since(now)))

    def select(self, wanted: Callable[[Instance], bool]) -> Applications:
        """Return the instances that `wanted` names; version and hashcode are those of all."""
        with self._at_present():
            return self._answer(wanted)

    def find(self, app: str, instance_id: str) -> Instance | None:
        """Return one instance."""
        with self._at_present():
            entry = self._entries.get(_key(app, instance_id))
            return entry.shown() if entry else None

    @contextmanager
    def _at_present(self) -> Iterator[float]:
        """Hold the lock after evicting expired instances; yields the current time."""
        with self._lock:
            now = self._clock()
            self._evict(now)
            yield now

    @contextmanager
    def _modifying(self, app: str, instance_id: str) -> Iterator[_Entry | None]:
        with self._at_present() as now:
            entry = self._entries.get(_key(app, instance_id))
            yield entry
            if entry is not None:
                self._note(now, entry, Action.MODIFIED)

    def _evict(self, now: float) -> None:
        expired = [key for key, entry in self._entries.items() if entry.expires_at <= now]
        if not expired or (self._is_self_preserving and self._is_outage(now)):
            return
        for key in expired:
            self._remove(now, key)

    def _is_outage(self, now: float) -> bool:
        return is_outage(now, (entry.pulse for entry in self._entries.values()))

    def _remove(self, now: float, key: tuple[str, str]) -> bool:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._note(now, entry, Action.DELETED)
        return entry is not None

    def _note(self, now: float, entry: _Entry, action: Action) -> None:
        entry.updated_at, entry.action = now, action
        if not entry.up_at and entry.shown().status is Status.UP:
            entry.up_at = now
        self._changes.note(now, entry.shown())

    def _answer(self, wanted: Callable[[Instance], bool]) -> Applications:
        instances = [entry.shown() for entry in self._entries.values()]
        return Applications(
            version=self._changes.version,
            hashcode=hashcode(instances),
            instances=tuple(instance for instance in instances if wanted(instance)),
        )


def _key(app: str, instance_id: str) -> tuple[str, str]:
    return app.upper(), instance_id


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
