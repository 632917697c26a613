"""What operators need of a cluster, as plain values and a port.  See also: `kubernetes_client`, which implements it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One role of one service.

    Attributes:
        name: `<release>-<service>-<role>`.
        service: Such as `order-history`.
        role: web, worker, relay or grpc.
        version: Tag of its image.
        desired: Pods that it should have.
        ready: Pods that take work.
    """

    name: str
    service: str
    role: str
    version: str
    desired: int
    ready: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """One running copy.

    Attributes:
        began: When it was started.
        restarts: Of its containers, together.
        ready_since: Since when it takes work; None: it does not.
        is_leaving: Whether it has been told to end.
        trouble: Why it does not run, or why it was restarted last; empty if neither.
    """

    name: str
    service: str
    role: str
    version: str
    began: datetime
    restarts: int = 0
    ready_since: datetime | None = None
    is_leaving: bool = False
    trouble: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether it takes work."""
        return self.ready_since is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A warning among the cluster's events.

    Attributes:
        about: Name of the object: a pod, a replica set, a deployment.
        reason: The cluster's word: `BackOff`, `Unhealthy`.
        seen: When it was last seen.
    """

    about: str
    reason: str
    text: str
    seen: datetime


class Cluster(Protocol):
    """One release in one namespace.

    Every operation is bounded in time and raises

        ClusterUnavailable: The API does not answer.
        ClusterForbidden: Authentication or permission failed; the text names the missing rule.
        ClusterRefused: What is asked for is not there, or cannot be done now.

    Attributes:
        place: Which one, for people.
    """

    place: str

    def deployments(self) -> Sequence[Deployment]:
        """Return the release's deployments, by service and role."""
        ...

    def pods(self) -> Sequence[Pod]:
        """Return the release's pods."""
        ...

    def notices(self) -> Sequence[Notice]:
        """Return the warnings of the namespace that its events still hold (an hour, unless configured otherwise)."""
        ...

    def autoscaler(self, deployment: str) -> str:
        """Return the name of the autoscaler that decides how many pods a deployment has; empty if none does."""
        ...

    def scale(self, deployment: str, replicas: int) -> None:
        """Set how many pods a deployment should have."""
        ...

    def evict(self, pod: str) -> None:
        """End a pod in good order, if its disruption budget allows it; its deployment starts another one."""
        ...

    def metrics(self, pod: str) -> str:
        """Return a pod's metrics for Prometheus."""
        ...
