"""`FakeCluster`: the port `Cluster` in memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from typing_extensions import override

from postroad import clock
from postroad.operations.cluster.port import Cluster, Deployment, Notice, Pod


def role_of(service: str, role: str, *, desired: int = 1, ready: int = 1, version: str = "1.1") -> Deployment:
    """Return a deployment."""
    name = f"postroad-{service}-{role}"
    return Deployment(name=name, service=service, role=role, version=version, desired=desired, ready=ready)


def pod_of(
    service: str,
    role: str,
    name: str = "a",
    *,
    version: str = "1.1",
    minutes: float = 10,
    ready_minutes: float | None = None,
    **more: object,
) -> Pod:
    """Return a pod that has been running for some minutes, and has been ready for some or since then."""
    began = clock.now() - timedelta(minutes=minutes)
    more.setdefault("ready_since", clock.now() - timedelta(minutes=minutes if ready_minutes is None else ready_minutes))
    whole = f"postroad-{service}-{role}-{name}"
    return Pod(name=whole, service=service, role=role, version=version, began=began, **more)  # type: ignore[arg-type]


def notice(about: str, reason: str, text: str, *, minutes: float = 5) -> Notice:
    """Return a warning."""
    return Notice(about=about, reason=reason, text=text, seen=clock.now() - timedelta(minutes=minutes))


@dataclass
class FakeCluster(Cluster):
    """A release without a cluster.

    Attributes:
        figures: Pod → what it tells Prometheus.
        autoscalers: Deployment → its autoscaler.
        error: Raised by every question, if there is one.
        on_evict: Called with the pod's name.
        scaled: What was scaled: deployment and number.
    """

    place: str = "release postroad in namespace shop"
    all_deployments: Sequence[Deployment] = ()
    all_pods: Sequence[Pod] = ()
    all_notices: Sequence[Notice] = ()
    figures: dict[str, str] = field(default_factory=dict)
    autoscalers: dict[str, str] = field(default_factory=dict)
    error: Exception | None = None
    on_evict: Callable[[str], object] = lambda _: None
    scaled: list[tuple[str, int]] = field(default_factory=list)

    @override
    def deployments(self) -> Sequence[Deployment]:
        if self.error is not None:
            raise self.error
        return self.all_deployments

    @override
    def pods(self) -> Sequence[Pod]:
        return self.all_pods

    @override
    def notices(self) -> Sequence[Notice]:
        return self.all_notices

    @override
    def autoscaler(self, deployment: str) -> str:
        return self.autoscalers.get(deployment, "")

    @override
    def scale(self, deployment: str, replicas: int) -> None:
        self.scaled.append((deployment, replicas))

    @override
    def evict(self, pod: str) -> None:
        self.on_evict(pod)

    @override
    def metrics(self, pod: str) -> str:
        return self.figures.get(pod, "")
