"""A registered instance: a running copy of a service."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

RENEWAL_SECONDS = 30
LEASE_SECONDS = 90
"""Eureka's own defaults: an instance that missed three renewals is considered dead."""


class Status(StrEnum):
    """Whether an instance takes calls; only UP does."""

    UP = "UP"
    DOWN = "DOWN"
    STARTING = "STARTING"
    OUT_OF_SERVICE = "OUT_OF_SERVICE"
    UNKNOWN = "UNKNOWN"


class Action(StrEnum):
    """What happened to an instance last."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A port, and whether it is in use."""

    number: int
    is_enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCenter:
    """Where the instance runs; `name` is Netflix, Amazon or MyOwn, `class_name` is for Java's readers."""

    name: str = "MyOwn"
    class_name: str = "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo"
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The times that an instance asks for, and those of its changes.

    Units: milliseconds since 1970; 0 for a change that has not happened.
    """

    renewal_seconds: int = RENEWAL_SECONDS
    duration_seconds: int = LEASE_SECONDS
    registered_ms: int = 0
    renewed_ms: int = 0
    evicted_ms: int = 0
    up_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One instance as the protocol shows it.

    Attributes:
        id: Unique within its application.
        app: The service's name in capitals.
        address: IP address.
        vip: Names under which clients look for it, separated by commas.
        overridden: The status an operator set in place of the instance's own; UNKNOWN when none is set.
        dirty_ms: When the instance last changed something itself; a renewal with a later time asks for a new
            registration.
        extras: Further texts that are stored but not read, such as `homePageUrl`.
    """

    id: str
    app: str
    host: str
    address: str
    status: Status = Status.UP
    overridden: Status = Status.UNKNOWN
    port: Port = Port(number=80, is_enabled=True)
    secure_port: Port = Port(number=443, is_enabled=False)
    vip: str = ""
    secure_vip: str = ""
    country_id: int = 1
    data_center: DataCenter = DataCenter()
    lease: Lease = Lease()
    metadata: Mapping[str, str] = field(default_factory=dict)
    dirty_ms: int = 0
    updated_ms: int = 0
    action: Action = Action.ADDED
    extras: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """Its key in the registry."""
        return self.app, self.id


EXTRAS = (
    "sid",
    "appGroupName",
    "homePageUrl",
    "statusPageUrl",
    "healthCheckUrl",
    "secureHealthCheckUrl",
    "asgName",
    "isCoordinatingDiscoveryServer",
)
"""Texts of the protocol that are stored unchanged."""
