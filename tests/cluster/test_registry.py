"""Services that find each other by the registry in place of the cluster's DNS, over REST and over gRPC; and the way back."""

import json
import time
import urllib.request
from typing import Any

from tests.cluster.release import Release
from tests.cluster.report import Record
from tests.cluster.tools import until

FOUND_BY_GRPC = "kitchen"
BY_REGISTRY = {
    "discovery.mode": "registry",
    "services.gateway.settings.TRANSPORT": rf"default=rest\,{FOUND_BY_GRPC}=grpc",
}


def read(url: str) -> Any:
    request = urllib.request.Request(url, headers={"Accept": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read())


def test_a_release_is_moved_to_the_registry_and_back(release: Release, record: Record) -> None:
    began = time.monotonic()
    release.upgrade(**BY_REGISTRY)
    seconds = time.monotonic() - began
    with release.namespace.forwarded(f"{release.name}-registry", 8761) as registry:
        apps = {app["name"] for app in read(f"{registry}/eureka/apps")["applications"]["application"]}
    told = release.demo()
    (order,) = release.rows("orders", "SELECT max(id) FROM orders_order")[0]
    with release.namespace.forwarded(f"{release.name}-gateway") as gateway:
        until(
            lambda: "degraded" not in read(f"{gateway}/v1/orders/{order}"),
            seconds=90,  # three times as long as a client keeps what it knows of the registry
            what="the gateway reaches every service that has a part of the order",
        )
    (server,) = release.pods(role="grpc", service=FOUND_BY_GRPC)
    answered = release.calls_answered(server)
    release.rollback()

    assert {"ORDERS", "KITCHEN", "ACCOUNTING", "DELIVERY", "ORDERS-GRPC", "KITCHEN-GRPC", "ACCOUNTING-GRPC"} <= apps
    assert "APPROVED" in told
    assert answered > 0
    assert "APPROVED" in release.demo()
    assert [name for name in release.objects() if "registry" in name] == []
    record.add("moved from the cluster's DNS to the registry", seconds)
