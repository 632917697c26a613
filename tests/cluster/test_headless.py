"""Two gRPC servers behind one name of the cluster's DNS: both are asked, and one that is killed costs no call."""

import json
import subprocess
from pathlib import Path

from tests.cluster.release import Release
from tests.cluster.report import Record
from tests.cluster.tools import until

SCRIPT = Path(__file__).with_name("ask_by_grpc.py")
SECONDS = 30


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
        shares = [release.calls_answered(pod) for pod in pods]
        kubectl("delete", "pod", pods[0]["metadata"]["name"], "--grace-period=0", "--force")
        found = json.loads(asking.stdout.read())
    kubectl("scale", servers, "--replicas=1")
    until(release.is_ready, seconds=120, what="one gRPC server is there")

    assert found["failures"] == []
    assert min(shares) > max(shares) / 2
    record.say(
        "gRPC to two pods by one name, one of them killed", f"{found['calls']} calls, none failed; {shares} before"
    )
