"""Two gRPC servers behind one name of the cluster's DNS: both are asked, and one that is killed costs no call."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.cluster.release import Release
from tests.cluster.report import Record
from tests.cluster.tools import until

SCRIPT = Path(__file__).with_name("ask_by_grpc.py")
SECONDS = 30


def answered(release: Release, pod: dict[str, Any]) -> int:
    """Return how many calls a gRPC server has answered well, by its own figures."""
    page = f"/api/v1/namespaces/{release.namespace.name}/pods/{pod['metadata']['name']}:9100/proxy/metrics"
    said = release.namespace.kubectl("get", "--raw", page)
    return sum(int(float(number)) for number in re.findall(r'postroad_grpc_answered_total{code="OK".*} (\S+)', said))


def test_both_grpc_pods_are_asked_and_a_killed_one_costs_no_call(release: Release, record: Record) -> None:
    kubectl, servers = release.namespace.kubectl, f"deployment/{release.name}-kitchen-grpc"
    release.demo()
    tickets = [ticket for (ticket,) in release.rows("kitchen", "SELECT id FROM kitchen_ticket LIMIT 20")]
    kubectl("scale", servers, "--replicas=2")
    until(release.is_ready, seconds=120, what="two gRPC servers are there")
    pods = release.pods(role="grpc", service="kitchen")

    inside = ["exec", "--stdin", f"deployment/{release.name}-orders-web", "--", "python", "-", str(SECONDS), *tickets]
    command = ["kubectl", "--namespace", release.namespace.name, *inside]
    with (
        SCRIPT.open("rb") as script,
        subprocess.Popen(command, stdin=script, stdout=subprocess.PIPE, text=True) as asking,
    ):
        assert asking.stdout
        assert asking.stdout.readline() == "asking\n"
        shares = [answered(release, pod) for pod in pods]
        kubectl("delete", "pod", pods[0]["metadata"]["name"], "--grace-period=0", "--force")
        found = json.loads(asking.stdout.read())
    kubectl("scale", servers, "--replicas=1")
    until(release.is_ready, seconds=120, what="one gRPC server is there")

    assert found["failures"] == []
    assert min(shares) > max(shares) / 2
    record.say(
        "gRPC to two pods by one name, one of them killed", f"{found['calls']} calls, none failed; {shares} before"
    )
