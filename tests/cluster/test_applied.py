"""Without Helm in the cluster: what `helm template` or kustomize writes is applied, as Argo CD and Flux do."""

import time
from collections.abc import Callable
from copy import deepcopy

import yaml

from tests.cluster.release import Release
from tests.cluster.report import Record
from tests.cluster.tools import CHART, Namespace, until
from tests.support.kustomize import build
from tests.support.manifests import Object

WITH_PODS = {"Deployment", "StatefulSet"}
ROLES = ("web", "worker", "relay", "grpc")


def test_a_second_apply_of_the_template_changes_nothing(make_namespace: Callable[[], Namespace]) -> None:
    namespace = make_namespace()
    none = [part for role in ROLES for part in ("--set", f"defaults.{role}.replicas=0")]
    rendered = namespace.helm("template", "postroad", str(CHART), "--no-hooks", "--set", "dev.enabled=true", *none)

    first = namespace.kubectl("apply", "--filename", "-", stdin=rendered)
    second = namespace.kubectl("apply", "--filename", "-", stdin=rendered)
    namespace.delete()

    assert len(first.splitlines()) == len(second.splitlines()) > 50
    assert [line for line in second.splitlines() if not line.endswith("unchanged")] == []


def test_the_overlay_dev_becomes_a_working_system(make_namespace: Callable[[], Namespace], record: Record) -> None:
    release = Release(make_namespace())
    objects = [modest(found) for found in deepcopy(build("dev").objects)]
    began = time.monotonic()

    release.namespace.kubectl("apply", "--filename", "-", stdin=yaml.safe_dump_all(objects))
    until(release.is_ready, seconds=400, what="everything of the overlay is ready")

    record.add("kubectl apply -k k8s/overlays/dev: everything ready", time.monotonic() - began)
    assert "APPROVED" in release.demo()


def modest(found: Object) -> Object:
    """Let a pod reserve next to nothing of the node, which it shares with the release of the other cases."""
    for container in found["spec"]["template"]["spec"]["containers"] if found["kind"] in WITH_PODS else ():
        container["resources"]["requests"].update({"cpu": "5m"})
    return found
