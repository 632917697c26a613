"""Customers inside the cluster who place orders at a steady rate, and what became of their orders.

They run in a pod of their own, since a port-forward ends with the one pod it leads to.
"""

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster.release import IMAGE, Release
from tests.cluster.tools import until

SCRIPT = Path(__file__).with_name("load.py")
POD = "customers"
ENDED = {"APPROVED", "REJECTED"}
STALLED_SECONDS = 120
_POLL_SECONDS = 3


@dataclass
class Report:
    """What the customers saw.

    Attributes:
        accepted: Ids of orders that were answered 200.
        failures: What went wrong with a request, once for each.
        slowest_seconds: Of all requests.
    """

    accepted: list[int] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    slowest_seconds: float = 0.0


class Customers:
    """Customers of one release."""

    def __init__(self, release: Release, *, rate: int = 20) -> None:
        self._release, self._rate = release, rate
        self._kubectl = release.namespace.kubectl

    def start(self) -> None:
        """Begin to place orders; returns once the first are accepted."""
        self._kubectl("delete", "pod,configmap", POD, "--ignore-not-found", "--grace-period=0", "--force")
        self._kubectl("create", "configmap", POD, f"--from-file={SCRIPT}")
        self._kubectl("apply", "--filename", "-", stdin=json.dumps(self._manifest()))
        until(lambda: "placed" in self._said(), seconds=120, what="the customers place orders")

    def stop(self) -> Report:
        """Let them stop, and return what they saw."""
        self._kubectl("exec", POD, "--", "touch", "/tmp/stop")  # noqa: S108 - in the pod
        until(lambda: '"accepted"' in self._said(), seconds=60, what="the customers report")
        return Report(**json.loads(self._said().splitlines()[-1]))

    def _said(self) -> str:
        until(lambda: self._phase() not in ("", "Pending"), seconds=120, what="the customers' pod starts")
        return self._kubectl("logs", POD)

    def _phase(self) -> str:
        return self._kubectl("get", "pod", POD, "--output", "jsonpath={.status.phase}")

    def _manifest(self) -> dict[str, Any]:
        url = f"http://{self._release.name}-gateway:80"
        container = {
            "name": POD,
            "image": IMAGE,
            "command": ["python", "/load/load.py", url, str(self._rate)],
            "resources": {"requests": {"cpu": "50m"}},  # without one they would come last, and measure themselves
            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
            "volumeMounts": [{"name": "load", "mountPath": "/load"}],
        }
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": POD},
            "spec": {
                "restartPolicy": "Never",
                "automountServiceAccountToken": False,
                "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                "containers": [container],
                "volumes": [{"name": "load", "configMap": {"name": POD}}],
            },
        }


def wait_until_all_have_ended(release: Release) -> None:
    """Wait as long as orders go on ending, since how long a backlog takes is the machine's affair.

    Raises: AssertionError: Some have not ended, and none has for `STALLED_SECONDS`.
    """
    left, moved_at = _under_way(release), time.monotonic()
    while left:
        time.sleep(_POLL_SECONDS)
        now_left = _under_way(release)
        if now_left < left:
            left, moved_at = now_left, time.monotonic()
        elif time.monotonic() - moved_at > STALLED_SECONDS:
            raise AssertionError(f"{left} orders have not ended, and none has for {STALLED_SECONDS} s")


def _under_way(release: Release) -> int:
    states = release.rows("orders", "SELECT state, count(*) FROM orders_order GROUP BY state")
    return sum(int(number) for state, number in states if state not in ENDED)


def check_books(release: Release, report: Report) -> Counter[str]:
    """Wait until every order has ended, and check that each was done once: nothing lost, nothing twice.

    Raises: AssertionError.
    """
    wait_until_all_have_ended(release)
    ended = dict(release.rows("orders", "SELECT id, state FROM orders_order"))
    approved = sorted(order for order, state in ended.items() if state == "APPROVED")
    tickets = release.rows("kitchen", "SELECT id FROM kitchen_ticket WHERE state = 'AWAITING_ACCEPTANCE'")
    charged = release.rows("accounting", "SELECT order_id FROM accounting_accountentry WHERE type = 'AUTHORIZED'")
    sums = release.rows("accounting", "SELECT sum(authorized_total) FROM accounting_account")
    totals = release.rows("orders", "SELECT sum(order_total) FROM orders_order WHERE state = 'APPROVED'")
    assert {str(order) for order in report.accepted} <= set(ended), "an accepted order is lost"
    assert sorted(order for (order,) in tickets) == approved, "not one ticket for each approved order"
    assert sorted(order for (order,) in charged) == approved, "not one authorisation for each approved order"
    assert sums == totals, "the accounts do not add up"
    return Counter(ended.values())
