"""Dashboard, alerts and autoscaling ask for metrics that exist."""

import json
import re

import pytest

from tests.support.helm import render
from tests.support.manifests import DEV, example, of_kind, one

METRICS = {
    "postroad_breaker_state",
    "postroad_call_seconds_bucket",
    "postroad_calls_outstanding",
    "postroad_calls_total",
    "postroad_consumer_lag_seconds",
    "postroad_dead_letters",
    "postroad_messages_handled_total",
    "postroad_messages_published_total",
    "postroad_outbox_held",
    "postroad_outbox_oldest_age_seconds",
    "postroad_outbox_rows",
    "postroad_outbox_set_aside",
    "postroad_sagas_pending",
}
"""What processes export (`postroad.metrics.calls`)."""

LABELS = {"postroad_release", "postroad_role", "postroad_service"}
"""What the monitors add."""

WORD = re.compile(r"\bpostroad_[a-z_]+")


def dashboard() -> str:
    rendered = render({**DEV, "monitoring": {"dashboard": {"enabled": True}}})
    text: str = one(rendered, "ConfigMap", "shop-dashboard")["data"]["postroad.json"]
    return text


def test_the_dashboard_is_json_whose_panels_do_not_overlap() -> None:
    panels = json.loads(dashboard())["panels"]
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len(panels) > 10
    assert len(cells) == len(set(cells))


def test_the_dashboard_shows_every_metric_of_ours_and_no_other() -> None:
    assert set(WORD.findall(dashboard())) - LABELS == METRICS


def test_alerts_ask_for_metrics_that_exist() -> None:
    rules = of_kind(example("all-on"), "PrometheusRule")[0]["spec"]["groups"][0]["rules"]

    assert {word for rule in rules for word in WORD.findall(rule["expr"])} - LABELS <= METRICS
    assert {rule["alert"] for rule in rules} >= {
        "PostroadOutboxStuck",
        "PostroadDeadLetters",
        "PostroadOutboxSetAside",
        "PostroadSagasStuck",
    }


def test_keda_scales_by_the_lag_of_the_service_in_this_release() -> None:
    triggers = one(example("all-on"), "ScaledObject", "shop-orders-worker")["spec"]["triggers"]

    assert [found["type"] for found in triggers] == ["rabbitmq", "prometheus", "cron"]
    assert triggers[1]["metadata"]["query"] == (
        'max(postroad_consumer_lag_seconds{namespace="town",postroad_release="shop",postroad_service="orders"})'
    )


def test_the_monitor_finds_all_roles_by_their_pods() -> None:
    rendered = example("all-on")

    assert of_kind(rendered, "ServiceMonitor") == []
    assert of_kind(rendered, "PodMonitor")[0]["spec"]["selector"]["matchExpressions"][0]["values"] == [
        "web",
        "worker",
        "relay",
        "grpc",
    ]


@pytest.mark.parametrize("role", ["web", "worker", "relay", "grpc"])
def test_figures_have_a_port_of_their_own_in_every_role(role: str) -> None:
    container = one(example("all-on"), "Deployment", f"shop-orders-{role}")["spec"]["template"]["spec"]["containers"][0]

    assert {"name": "metrics", "containerPort": 9100} in container["ports"]
    assert {"name": "POSTROAD_METRICS_PORT", "value": "9100"} in container["env"]


def test_whoever_scrapes_reaches_no_api() -> None:
    policy = one(example("production"), "NetworkPolicy", "shop")["spec"]
    ports = [[port["port"] for port in rule.get("ports", [])] for rule in policy["ingress"]]

    assert ports == [[], [9100]]  # each other; figures


def test_policies_let_names_be_looked_up_and_own_pods_talk() -> None:
    policy = one(example("production"), "NetworkPolicy", "shop")["spec"]
    ports = [port for rule in policy["egress"] for port in rule.get("ports", [])]

    assert {"protocol": "UDP", "port": 53} in ports
    assert {"protocol": "TCP", "port": 53} in ports
    assert policy["ingress"][0]["from"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/instance"] == "shop"
    assert {port["port"] for port in ports} == {53, 5432, 5671, 443}
