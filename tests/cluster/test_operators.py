"""Operators look after the release from inside: `manage.py cluster`, and the admin's page, by a Role of the chart."""

import pytest

from tests.cluster.release import Release
from tests.cluster.tools import ToolFailed, until


def manage(release: Release, *arguments: str) -> str:
    pod = f"deployment/{release.name}-orders-web"
    return release.namespace.kubectl("exec", pod, "--container=web", "--", "python", "manage.py", *arguments)


@pytest.fixture(scope="module")
def looked_after(release: Release) -> Release:
    """The release, whose orders service may look at the cluster and change it."""
    release.upgrade(**{"clusterAccess.services[0]": "orders", "clusterAccess.change": True})
    return release


def test_the_command_shows_every_role_and_its_lag(looked_after: Release) -> None:
    said = manage(looked_after, "cluster", "status")

    lines = {tuple(line.split()[:3]) for line in said.splitlines()}
    assert {("orders", "web", "1/1"), ("kitchen", "worker", "1/1"), ("accounting", "relay", "1/1")} <= lines


def test_the_command_scales_and_moves_a_partition_from_one_pod_to_another(looked_after: Release) -> None:
    def names() -> set[str]:
        return {pod["metadata"]["name"] for pod in looked_after.pods(service="kitchen", role="worker")}

    with pytest.raises(ToolFailed, match="the only worker of its service"):
        manage(looked_after, "cluster", "move-partition", "kitchen", "0")
    manage(looked_after, "cluster", "scale", "kitchen", "worker", "2")
    until(looked_after.is_ready, seconds=120, what="two workers are there")
    both = names()
    manage(looked_after, "cluster", "move-partition", "kitchen", "0")

    assert len(both) == 2
    until(lambda: len(both & names()) == 1, seconds=60, what="one of the two is evicted")
    until(looked_after.is_ready, seconds=120, what="another worker is there")
    manage(looked_after, "cluster", "scale", "kitchen", "worker", "1")
    until(looked_after.is_ready, seconds=60, what="one worker is there")


def test_the_command_refuses_what_is_not_there(looked_after: Release) -> None:
    with pytest.raises(ToolFailed, match="has no kitchen chef; it has: "):
        manage(looked_after, "cluster", "scale", "kitchen", "chef", "2")


def test_the_admins_page_shows_the_pods(looked_after: Release) -> None:
    page = looked_after.admin_page("/admin/cluster/")

    assert "Cluster" in page
    assert all(name in page for name in ("orders", "order-history", "worker", "relay"))


def test_a_service_without_the_right_is_told_so(looked_after: Release) -> None:
    pod = f"deployment/{looked_after.name}-kitchen-web"

    with pytest.raises(ToolFailed, match="the Kubernetes API cannot be reached"):
        looked_after.namespace.kubectl("exec", pod, "--container=web", "--", "python", "manage.py", "cluster", "status")
