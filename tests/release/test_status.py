"""The table of the release."""

import pytest

from postroad.errors import ClusterForbidden, ClusterUnavailable
from postroad.operations.cluster.lag import read_lag
from postroad.operations.cluster.port import Cluster
from postroad.operations.cluster.status import Row, look
from tests.support.clusters import FakeCluster, notice, pod_of, role_of

LAG = 'postroad_consumer_lag_seconds{channel="kitchen"} %s\n'


def only_row(cluster: Cluster) -> Row:
    [row] = look(cluster).rows
    return row


def test_a_role_with_its_pods_is_one_row() -> None:
    row = only_row(
        FakeCluster(
            all_deployments=[role_of("orders", "web", desired=2, ready=2)],
            all_pods=[
                pod_of("orders", "web", "a", restarts=1, minutes=300),
                pod_of("orders", "web", "b", restarts=2, minutes=5),
                pod_of("orders", "worker", "c", restarts=9),
                pod_of("kitchen", "web", "d", restarts=9),
            ],
        )
    )

    assert (row.service, row.role, row.ready, row.desired) == ("orders", "web", 2, 2)
    assert (row.version, row.restarts, row.age, row.lag, row.trouble) == ("1.1", 3, "5 min", None, "")
    assert not row.is_short


def test_pods_of_another_version_show_during_an_upgrade_and_those_that_leave_do_not_count() -> None:
    row = only_row(
        FakeCluster(
            all_deployments=[role_of("orders", "web", desired=2, ready=1, version="1.2")],
            all_pods=[
                pod_of("orders", "web", "a", version="1.1"),
                pod_of("orders", "web", "b", version="1.2"),
                pod_of("orders", "web", "c", version="1.0", restarts=5, is_leaving=True),
            ],
        )
    )

    assert (row.version, row.restarts, row.is_short) == ("1.2 (still 1.1)", 0, True)


def test_what_is_wrong_with_a_pod_comes_before_the_newest_warning_about_it() -> None:
    row = only_row(
        FakeCluster(
            all_deployments=[role_of("orders", "web", ready=0)],
            all_pods=[pod_of("orders", "web", "a", ready_since=None, trouble="CrashLoopBackOff")],
            all_notices=[
                notice("postroad-orders-web-a", "Unhealthy", "old", minutes=30),
                notice("postroad-orders-web-a", "BackOff", "Back-off restarting", minutes=3),
                notice("postroad-orders-webhook", "Failed", "another's", minutes=1),
            ],
        )
    )

    assert row.trouble == "CrashLoopBackOff; BackOff 3 min ago: Back-off restarting"


def test_a_warning_is_over_once_its_pod_is_ready_or_gone_and_none_is_missing() -> None:
    def trouble(minutes: float, *, about: str = "a", ready: int = 1) -> str:
        cluster = FakeCluster(
            all_deployments=[role_of("orders", "web", ready=ready)],
            all_pods=[pod_of("orders", "web", "a", ready_minutes=5)],
            all_notices=[notice(f"postroad-orders-web-{about}", "Unhealthy", "Startup probe failed", minutes=minutes)],
        )
        return only_row(cluster).trouble

    assert (trouble(6), trouble(3, about="gone")) == ("", "")
    assert trouble(3) == "Unhealthy 3 min ago: Startup probe failed"
    assert trouble(30, about="gone", ready=0) == "Unhealthy 30 min ago: Startup probe failed"


def test_a_role_lags_as_far_behind_as_its_last_pod() -> None:
    pods = [pod_of("kitchen", "worker", name) for name in "abc"]
    figures = {pods[0].name: LAG % 0.5, pods[1].name: LAG % 7.25}

    row = only_row(
        FakeCluster(all_deployments=[role_of("kitchen", "worker")], all_pods=pods, figures=figures),
    )

    assert row.lag == 7.25


class _Shy(FakeCluster):
    def metrics(self, pod: str) -> str:
        raise ClusterForbidden("its Role lacks the rule pods/proxy")


def test_without_the_right_to_ask_pods_the_table_says_so_and_shows_the_rest() -> None:
    status = look(
        _Shy(all_deployments=[role_of("kitchen", "worker")], all_pods=[pod_of("kitchen", "worker")]),
    )

    assert status.rows[0].lag is None
    assert status.note == "Lag is not shown: its Role lacks the rule pods/proxy"


def test_an_api_that_does_not_answer_is_no_table() -> None:
    with pytest.raises(ClusterUnavailable):
        look(FakeCluster(error=ClusterUnavailable("away")))


@pytest.mark.parametrize(
    ("text", "lag"),
    [
        ("", None),
        ("# TYPE lag gauge\nlag 3\n", 3.0),
        ('lag{channel="a"} 1.5\nlag{channel="b"} 2e1\nlag_total 99\n', 20.0),
        ("lag NaN\n", None),
    ],
)
def test_a_lag_is_read_from_what_prometheus_reads(text: str, lag: float | None) -> None:
    assert read_lag(text, "lag") == lag
