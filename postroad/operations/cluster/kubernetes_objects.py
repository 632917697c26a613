"""Converts objects of the Kubernetes API to plain values."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from postroad.operations.cluster.port import Deployment, Notice, Pod

NAME, RELEASE, ROLE = "app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"
SERVICE = "postroad.dev/service"
_STARTING = frozenset({"ContainerCreating", "PodInitializing"})
_LONG_AGO = datetime.fromtimestamp(0, tz=UTC)


def read_deployment(found: Any) -> Deployment:
    """Read an apps/v1 Deployment."""
    labels = found.metadata.labels or {}
    return Deployment(
        name=found.metadata.name,
        service=labels.get(SERVICE, ""),
        role=labels.get(ROLE, ""),
        version=version_of(found.spec.template.spec.containers[0].image or ""),
        desired=1 if found.spec.replicas is None else found.spec.replicas,
        ready=(found.status.ready_replicas if found.status else 0) or 0,
    )


def read_pod(found: Any) -> Pod:
    """Read a v1 Pod."""
    labels, status = found.metadata.labels or {}, found.status
    containers = [*(status.init_container_statuses or ()), *(status.container_statuses or ())]
    return Pod(
        name=found.metadata.name,
        service=labels.get(SERVICE, ""),
        role=labels.get(ROLE, ""),
        version=version_of(found.spec.containers[0].image or ""),
        began=status.start_time or found.metadata.creation_timestamp or _LONG_AGO,
        restarts=sum(container.restart_count for container in containers),
        ready_since=next(
            (one.last_transition_time or _LONG_AGO for one in status.conditions or () if _is_ready(one)), None
        ),
        is_leaving=found.metadata.deletion_timestamp is not None,
        trouble=_trouble(containers) or _why_nowhere(status.conditions or ()),
    )


def _is_ready(condition: Any) -> bool:
    """Return whether a condition says that its pod takes work."""
    return bool(condition.type == "Ready" and condition.status == "True")


def read_notice(found: Any) -> Notice:
    """Read a v1 Event."""
    return Notice(
        about=found.involved_object.name or "",
        reason=found.reason or "",
        text=" ".join((found.message or "").split()),
        seen=found.last_timestamp or found.event_time or found.metadata.creation_timestamp or _LONG_AGO,
    )


def version_of(image: str) -> str:
    """Return the tag of an image, or the first characters of its digest."""
    name, _, digest = image.rpartition("/")[2].partition("@")
    tag = name.partition(":")[2]
    return tag or digest.partition(":")[2][:12] or "latest"


def _trouble(containers: Iterable[Any]) -> str:
    for container in containers:
        waiting = container.state and container.state.waiting
        if waiting and waiting.reason and waiting.reason not in _STARTING:
            return str(waiting.reason)
    for container in containers:
        ended = container.last_state and container.last_state.terminated
        if ended:
            return f"was restarted: {ended.reason or 'ended'}, exit code {ended.exit_code}"
    return ""


def _why_nowhere(conditions: Iterable[Any]) -> str:
    for condition in conditions:
        if condition.type == "PodScheduled" and condition.status == "False":
            return f"{condition.reason}: {condition.message}"
    return ""
