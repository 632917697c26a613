"""`manage.py cluster`."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from postroad.errors import ClusterForbidden
from postroad.management.commands import cluster as command
from postroad.operations.cluster import connecting, partitions
from postroad.operations.cluster.connecting import Place
from tests.release.test_partitions import said
from tests.support.clusters import FakeCluster, pod_of, role_of


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> FakeCluster:
    cluster = FakeCluster(
        all_deployments=[role_of("kitchen", "worker", desired=2, ready=1)],
        all_pods=[pod_of("kitchen", "worker", "a", restarts=3), pod_of("kitchen", "worker", "b")],
    )
    monkeypatch.setattr(command, "connect", lambda _: cluster)
    return cluster


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("cluster", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def test_status_is_a_table(cluster: FakeCluster) -> None:
    place, headings, row = run("status").splitlines()

    assert place == "release postroad in namespace shop"
    assert headings.split() == ["SERVICE", "ROLE", "READY", "VERSION", "RESTARTS", "AGE", "LAG", "TROUBLE"]
    assert row.split() == ["kitchen", "worker", "1/2", "1.1", "3", "10", "min", "-"]


def test_status_is_json_for_programs(cluster: FakeCluster) -> None:
    found: dict[str, Any] = json.loads(run("status", "--json"))

    assert found["rows"][0]["service"] == "kitchen"


def test_a_release_that_is_not_there_is_told(cluster: FakeCluster) -> None:
    cluster.all_deployments = []

    assert "Nothing of that release is there" in run("status")


def test_scale_says_what_it_did(cluster: FakeCluster) -> None:
    assert "2 → 3 pods" in run("scale", "kitchen", "worker", "3")
    assert cluster.scaled == [("postroad-kitchen-worker", 3)]


@pytest.mark.parametrize("number", ["-1", "many"])
def test_scale_takes_numbers_only(cluster: FakeCluster, number: str) -> None:
    with pytest.raises(CommandError):
        run("scale", "kitchen", "worker", number)


@pytest.mark.parametrize("name", ["move-partition", "drain-lane"])
def test_a_dry_run_says_who_serves_a_queue_and_evicts_nobody(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    evicted: list[str] = []
    cluster.on_evict = evicted.append
    node = "kitchen@postroad-kitchen-worker-a"
    heard = {worker: said(worker, *queues) for worker, queues in ((node, ["kitchen.2"]), ("kitchen@b", []))}
    monkeypatch.setattr(partitions, "ask_workers", lambda: heard)

    text = run(name, "kitchen", "2", "--dry-run")

    assert text == "kitchen.2 is served by pod postroad-kitchen-worker-a; kitchen@b could take it over.\n"
    assert evicted == []


def test_what_the_api_refuses_is_told_without_a_traceback(cluster: FakeCluster) -> None:
    cluster.error = ClusterForbidden("its Role lacks the rule …")

    with pytest.raises(CommandError, match="its Role lacks the rule"):
        run("status")


def test_a_missing_client_library_is_told_with_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_name: str) -> None:
        raise ImportError("No module named 'kubernetes'")

    monkeypatch.setattr(connecting, "import_string", fail)

    with pytest.raises(CommandError, match=r"pip install 'postroad\[kubernetes\]'"):
        run("status")


def test_where_to_look_can_be_said(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Place] = []
    monkeypatch.setattr(command, "connect", lambda place: asked.append(place) or FakeCluster())

    run("--context", "there", "--namespace", "shop", "--release", "mine", "status")

    assert asked == [Place(context="there", namespace="shop", release="mine")]
