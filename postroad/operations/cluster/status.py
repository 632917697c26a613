"""The release as a table of service and role."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from postroad import clock
from postroad.operations.cluster.lag import lags
from postroad.operations.cluster.port import Cluster, Deployment, Notice, Pod


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One role of one service.

    Attributes:
        version: Of its deployment, and behind it those of pods that are not replaced yet.
        age: Of the youngest pod: since the last roll-out, scaling or eviction; empty if there is none.
        lag: Seconds, of the pod that is furthest behind; None if it is not known.
        trouble: Of its pods, then the newest warning about it that is not over; empty if there is none.
    """

    service: str
    role: str
    desired: int
    ready: int
    version: str
    restarts: int
    age: str
    lag: float | None
    trouble: str

    @property
    def is_short(self) -> bool:
        """Whether fewer pods are ready than wanted."""
        return self.ready < self.desired


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The whole table.

    Attributes:
        note: Why something is not shown; empty if all is.
    """

    place: str
    rows: Sequence[Row]
    note: str = ""


def look(cluster: Cluster) -> Status:
    """Ask the cluster: three requests, and one for each worker and relay.

    Raises:
        ClusterUnavailable, ClusterForbidden, ClusterRefused: As `Cluster` says.
    """
    deployments, pods, notices = cluster.deployments(), cluster.pods(), cluster.notices()
    behind, reason = lags(cluster, pods)
    rows = [_row(one, pods=pods, notices=notices, behind=behind) for one in deployments]
    return Status(place=cluster.place, rows=rows, note=f"Lag is not shown: {reason}" if reason else "")


def ago(moment: datetime) -> str:
    """Return how long ago a moment was, to one unit."""
    seconds = max(0, round((clock.now() - moment).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _row(deployment: Deployment, *, pods: Sequence[Pod], notices: Sequence[Notice], behind: Mapping[str, float]) -> Row:
    own = [pod for pod in pods if (pod.service, pod.role) == (deployment.service, deployment.role)]
    running = [pod for pod in own if not pod.is_leaving]
    return Row(
        service=deployment.service,
        role=deployment.role,
        desired=deployment.desired,
        ready=deployment.ready,
        version=_version(deployment, running),
        restarts=sum(pod.restarts for pod in running),
        age=ago(max(pod.began for pod in running)) if running else "",
        lag=max((behind[pod.name] for pod in own if pod.name in behind), default=None),
        trouble=_trouble(deployment, running, notices),
    )


def _version(deployment: Deployment, pods: Sequence[Pod]) -> str:
    others = sorted({pod.version for pod in pods} - {deployment.version})
    return f"{deployment.version} (still {', '.join(others)})" if others else deployment.version


def _trouble(deployment: Deployment, pods: Sequence[Pod], notices: Sequence[Notice]) -> str:
    found = [*dict.fromkeys(pod.trouble for pod in pods if pod.trouble)]
    about = [one for one in notices if f"{one.about}-".startswith(f"{deployment.name}-")]
    about = [one for one in about if not _is_over(one, deployment, pods)]
    if about:
        newest = max(about, key=lambda one: one.seen)
        found.append(f"{newest.reason} {ago(newest.seen)} ago: {newest.text}")
    return "; ".join(found)


def _is_over(notice: Notice, deployment: Deployment, pods: Sequence[Pod]) -> bool:
    """Return whether its pod has become ready since, as every pod that starts does, or has gone and none is missing."""
    pod = next((pod for pod in pods if pod.name == notice.about), None)
    if pod is None:
        return deployment.ready >= deployment.desired
    return pod.ready_since is not None and notice.seen <= pod.ready_since
