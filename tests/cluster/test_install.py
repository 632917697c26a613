"""One command on an empty namespace, and an order through a port-forward."""

import time
import urllib.error
import urllib.request

import pytest

from tests.cluster.release import Release
from tests.cluster.report import Record
from tests.cluster.tools import ToolFailed


def test_an_order_is_approved_through_a_port_forward(release: Release, record: Record) -> None:
    began = time.monotonic()

    told = release.demo()

    record.add("first order approved after that", time.monotonic() - began)
    assert "APPROVED" in told


def test_helm_test_finds_nothing_wrong(release: Release, record: Record) -> None:
    began = time.monotonic()

    said = release.namespace.helm("test", release.name, "--timeout", "5m")

    record.add("helm test", time.monotonic() - began)
    assert "Phase:          Succeeded" in said
    assert "Phase:          Failed" not in said


def test_the_admin_lets_in_whoever_has_the_secrets_password(release: Release) -> None:
    assert "Log out" in release.admin_page("/admin/")


def test_no_root_file_system_can_be_written(release: Release) -> None:
    pods = [pod for pod in release.pods() if pod["metadata"]["labels"]["app.kubernetes.io/component"] != "migrations"]
    assert len(pods) > 20
    specs = [pod["spec"] for pod in pods]
    containers = [each for spec in specs for each in [*spec["containers"], *spec.get("initContainers", [])]]

    assert all(each["securityContext"]["readOnlyRootFilesystem"] for each in containers)
    web = release.pods(service="orders", role="web")[0]["metadata"]["name"]
    with pytest.raises(ToolFailed, match="Read-only file system"):
        release.namespace.kubectl("exec", web, "--", "touch", "/app/x")


def test_a_garbage_request_is_refused_in_words(release: Release) -> None:
    with release.namespace.forwarded(f"{release.name}-gateway") as url:
        request = urllib.request.Request(f"{url}/v1/orders", b"{", {"Content-Type": "application/json"})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)

    refused.value.close()
    assert refused.value.code == 400
