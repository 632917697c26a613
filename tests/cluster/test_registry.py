"""Services that find each other by the registry in place of the cluster's DNS, over REST and over gRPC; and the way back."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.release import Release
from tests.cluster.report import Record
from tests.cluster.tools import until

FOUND_BY_GRPC = "kitchen"
BY_REGISTRY = {
    "discovery.mode": "registry",
    "services.gateway.settings.TRANSPORT": rf"default=rest\,{FOUND_BY_GRPC}=grpc",
}


def read(url: str) -> Any:
    """Return what is there; None if nobody answers yet, as long as a client knows the address of a pod that has gone."""
    request = urllib.request.Request(url, headers={"Accept": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        error.close()
        return None


@pytest.fixture
def by_registry(release: Release, record: Record) -> Iterator[Release]:
    began = time.monotonic()
    release.upgrade(**BY_REGISTRY)
    record.add("moved from the cluster's DNS to the registry", time.monotonic() - began)
    yield release
    release.rollback()
    assert [name for name in release.objects() if "registry" in name] == []
    assert "APPROVED" in release.demo()


def test_services_find_each_other_by_the_registry_over_rest_and_grpc(release: Release, by_registry: Release) -> None:
    def is_whole() -> bool:
        found = read(f"{gateway}/v1/orders/{order}")
        return found is not None and found["degraded"] == []

    (order,) = release.rows("orders", "SELECT max(id) FROM orders_order")[0]
    with release.namespace.forwarded(f"{release.name}-registry", 8761) as registry:
        apps = {app["name"] for app in read(f"{registry}/eureka/apps")["applications"]["application"]}
    with release.namespace.forwarded(f"{release.name}-gateway") as gateway:
        until(is_whole, seconds=90, what="the gateway reaches every service that has a part of the order")
    (server,) = release.pods(role="grpc", service=FOUND_BY_GRPC)

    assert {"ORDERS", "KITCHEN", "ACCOUNTING", "DELIVERY", "ORDERS-GRPC", "KITCHEN-GRPC", "ACCOUNTING-GRPC"} <= apps
    assert release.calls_answered(server) > 0
    assert "APPROVED" in release.demo()
