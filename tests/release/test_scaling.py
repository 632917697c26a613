"""Setting the number of pods by hand."""

import pytest

from postroad.errors import ClusterRefused
from postroad.operations.cluster.scaling import scale
from tests.support.clusters import FakeCluster, role_of


def test_a_role_gets_as_many_pods_as_asked_for() -> None:
    cluster = FakeCluster(all_deployments=[role_of("orders", "web"), role_of("order-history", "worker")])

    said = scale(cluster, "order_history", "worker", 3)

    assert cluster.scaled == [("postroad-order-history-worker", 3)]
    assert said.startswith("postroad-order-history-worker: 1 → 3 pods")


def test_a_role_that_is_not_there_is_refused_with_those_that_are() -> None:
    cluster = FakeCluster(all_deployments=[role_of("orders", "web")])

    with pytest.raises(ClusterRefused, match="has no orders relay; it has: orders web"):
        scale(cluster, "orders", "relay", 2)

    assert cluster.scaled == []


def test_what_an_autoscaler_decides_is_not_set_by_hand() -> None:
    cluster = FakeCluster(
        all_deployments=[role_of("kitchen", "worker")], autoscalers={"postroad-kitchen-worker": "keda-hpa-kitchen"}
    )

    with pytest.raises(ClusterRefused, match="the autoscaler keda-hpa-kitchen decides"):
        scale(cluster, "kitchen", "worker", 2)

    assert cluster.scaled == []
