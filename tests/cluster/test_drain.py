"""A node is drained while customers order; on a cluster of one node there is nothing to drain to."""

import json
import time

import pytest

from tests.cluster.customers import Customers, check_books
from tests.cluster.release import Release
from tests.cluster.report import Record
from tests.cluster.tools import run, until

TWO = {
    f"defaults.{role}.{key}": value
    for role in ("web", "worker", "relay")
    for key, value in (("replicas", 2), ("pdb.enabled", True))
}


def workers() -> list[str]:
    """Return the names of the nodes that take pods."""
    nodes = json.loads(run("kubectl", "get", "nodes", "--output", "json"))["items"]
    return [node["metadata"]["name"] for node in nodes if not node["spec"].get("taints")]


def test_a_drained_node_costs_no_order(release: Release, record: Record) -> None:
    nodes = workers()
    if len(nodes) < 2:
        pytest.skip("needs two nodes that take pods; .ci/run drain starts them")
    release.upgrade(**TWO)
    customers = Customers(release, rate=5)
    customers.start()
    servers = {pod["spec"]["nodeName"] for pod in release.pods() if pod["metadata"]["name"].endswith("-0")}
    customer = json.loads(release.namespace.kubectl("get", "pod", "customers", "--output", "json"))["spec"]["nodeName"]
    drained = next(node for node in nodes if node != customer)
    began = time.monotonic()

    run("kubectl", "drain", drained, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=300s", seconds=320)
    emptied = time.monotonic() - began
    run("kubectl", "uncordon", drained)
    until(release.is_ready, seconds=300, what="everything is ready again")
    back = time.monotonic() - began
    seen = customers.stop()

    ended = check_books(release, seen)
    with_servers = "with PostgreSQL or RabbitMQ on it" if drained in servers else "without the servers"
    record.add(
        f"one of {len(nodes)} nodes drained under load, {with_servers}: all ready again",
        back,
        f"empty after {emptied:.0f} s; {dict(ended)}, {len(seen.accepted)} requests accepted, {len(seen.failures)} not",
    )
    assert ended["APPROVED"] > 0
