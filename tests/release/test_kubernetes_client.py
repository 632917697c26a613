"""The port `Cluster` over HTTP, with the real client library."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from postroad.errors import ClusterForbidden, ClusterRefused, ClusterUnavailable, MisconfiguredError
from postroad.operations.cluster.connecting import Place, connect
from postroad.operations.cluster.port import Cluster
from tests.support.kubernetes_api import (
    KubernetesApi,
    Store,
    autoscaler,
    container,
    deployment,
    event,
    pod,
)

pytest.importorskip("kubernetes", reason="the extra 'kubernetes' is not installed")


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def api(store: Store) -> Iterator[KubernetesApi]:
    api = KubernetesApi(store)
    yield api
    api.close()


@pytest.fixture
def cluster(api: KubernetesApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    monkeypatch.setenv("KUBECONFIG", str(api.write_kubeconfig(tmp_path / "config")))
    return connect(Place())


def test_deployments_are_those_of_the_release_by_service_and_role(cluster: Cluster, store: Store) -> None:
    store.objects["deployments"] = [
        deployment("orders", "worker", desired=3, ready=2),
        deployment("orders", "relay", ready=None, tag="1.2@sha256:0123456789abcdef"),
    ]

    relay, worker = cluster.deployments()

    assert (relay.service, relay.role, relay.version, relay.desired, relay.ready) == ("orders", "relay", "1.2", 1, 0)
    assert (worker.name, worker.desired, worker.ready) == ("postroad-orders-worker", 3, 2)
    assert store.selectors == {"app.kubernetes.io/name=postroad,app.kubernetes.io/instance=postroad"}


def test_pods_tell_their_restarts_and_their_troubles(cluster: Cluster, store: Store) -> None:
    store.objects["pods"] = [
        pod("orders", "web", "a"),
        pod("orders", "web", "b", containerStatuses=[container(4, state={"waiting": {"reason": "CrashLoopBackOff"}})]),
        pod(
            "orders",
            "web",
            "c",
            containerStatuses=[
                container(1, lastState={"terminated": {"reason": "OOMKilled", "exitCode": 137}}),
            ],
        ),
        pod(
            "orders",
            "web",
            "d",
            conditions=[
                {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"},
            ],
        ),
        pod("orders", "web", "e", containerStatuses=[container(0, state={"waiting": {"reason": "ContainerCreating"}})]),
    ]

    found = cluster.pods()

    assert [one.restarts for one in found] == [0, 4, 1, 0, 0]
    assert [one.is_ready for one in found] == [True, True, True, False, True]
    assert [one.trouble for one in found] == [
        "",
        "CrashLoopBackOff",
        "was restarted: OOMKilled, exit code 137",
        "Unschedulable: 0/1 nodes",
        "",
    ]


def test_warnings_are_read_from_events(cluster: Cluster, store: Store) -> None:
    store.objects["events"] = [event("postroad-orders-web-a", "BackOff", "Back-off\nrestarting")]

    [found] = cluster.notices()

    assert (found.about, found.reason, found.text) == ("postroad-orders-web-a", "BackOff", "Back-off restarting")


def test_a_deployment_is_scaled_through_its_scale(cluster: Cluster, store: Store) -> None:
    cluster.scale("postroad-orders-web", 3)

    assert store.writes == [("PATCH", "deployments/postroad-orders-web/scale", {"spec": {"replicas": 3}})]


def test_an_autoscaler_is_known_by_what_it_scales(cluster: Cluster, store: Store) -> None:
    store.objects["horizontalpodautoscalers"] = [autoscaler("hpa", "postroad-orders-web")]

    assert cluster.autoscaler("postroad-orders-web") == "hpa"
    assert cluster.autoscaler("postroad-orders-worker") == ""


def test_a_pod_is_evicted_not_deleted(cluster: Cluster, store: Store) -> None:
    cluster.evict("postroad-kitchen-worker-a")

    [(method, path, body)] = store.writes
    assert (method, path) == ("POST", "pods/postroad-kitchen-worker-a/eviction")
    assert body["metadata"]["name"] == "postroad-kitchen-worker-a"


def test_a_pods_figures_come_as_it_wrote_them(cluster: Cluster, store: Store) -> None:
    store.metrics["postroad-orders-relay-a"] = "postroad_outbox_oldest_age_seconds 0.5\n"

    assert cluster.metrics("postroad-orders-relay-a") == "postroad_outbox_oldest_age_seconds 0.5\n"


def test_what_the_role_forbids_is_told_as_the_rule_that_is_missing(cluster: Cluster, store: Store) -> None:
    store.refusals["GET deployments"] = 403

    with pytest.raises(
        ClusterForbidden, match=r'\{apiGroups: \["apps"\], resources: \["deployments"\], verbs: \["list"\]\}'
    ):
        cluster.deployments()


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (401, ClusterForbidden, "has the token expired"),
        (404, ClusterRefused, "cluster status"),
        (429, ClusterRefused, "PodDisruptionBudget"),
        (500, ClusterUnavailable, "try again"),
    ],
)
def test_other_refusals_say_what_to_do(
    cluster: Cluster, store: Store, status: int, error: type[Exception], words: str
) -> None:
    store.refusals["POST pods/eviction"] = status

    with pytest.raises(error, match=words):
        cluster.evict("a")


def test_an_api_that_is_away_is_told(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    api = KubernetesApi(store)
    monkeypatch.setenv("KUBECONFIG", str(api.write_kubeconfig(tmp_path / "config")))
    api.close()

    with pytest.raises(ClusterUnavailable, match="does not answer"):
        connect(Place()).pods()


def test_a_kubeconfig_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))

    with pytest.raises(MisconfiguredError, match="name a kubeconfig"):
        connect(Place())


def test_a_context_that_is_not_there_is_told(cluster: Cluster) -> None:
    with pytest.raises(MisconfiguredError, match="nowhere"):
        connect(Place(context="nowhere"))


def test_a_pod_without_a_token_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")

    with pytest.raises(MisconfiguredError, match="automountServiceAccountToken"):
        connect(Place())
