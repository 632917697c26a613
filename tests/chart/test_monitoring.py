"""Dashboard, alerts and autoscaling ask for metrics that exist."""

import json
import re

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
    "postroad_outbox_oldest_age_seconds",
    "postroad_outbox_rows",
    "postroad_sagas_pending",
}
"""What processes export (`postroad.runtime.metrics`)."""

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
    assert {rule["alert"] for rule in rules} >= {"PostroadOutboxStuck", "PostroadDeadLetters", "PostroadSagasStuck"}


def test_keda_scales_by_the_lag_of_the_service_in_this_release() -> None:
    triggers = one(example("all-on"), "ScaledObject", "shop-orders-worker")["spec"]["triggers"]

    assert [found["type"] for found in triggers] == ["rabbitmq", "prometheus", "cron"]
    assert triggers[1]["metadata"]["query"] == (
        'max(postroad_consumer_lag_seconds{namespace="town",postroad_release="shop",postroad_service="orders"})'
    )


def test_monitors_find_web_by_its_service_and_all_other_roles_by_their_pods() -> None:
    rendered = example("all-on")
    by_service = of_kind(rendered, "ServiceMonitor")[0]["spec"]["selector"]["matchLabels"]
    seen = [
        found["metadata"]["name"]
        for found in of_kind(rendered, "Service")
        if by_service.items() <= found["metadata"]["labels"].items()
    ]

    assert "shop-orders" in seen
    assert len(seen) == 10
    assert of_kind(rendered, "PodMonitor")[0]["spec"]["selector"]["matchExpressions"][0]["values"] == [
        "worker",
        "relay",
        "grpc",
    ]


def test_policies_let_names_be_looked_up_and_own_pods_talk() -> None:
    policy = one(example("production"), "NetworkPolicy", "shop")["spec"]
    ports = [port for rule in policy["egress"] for port in rule.get("ports", [])]

    assert {"protocol": "UDP", "port": 53} in ports
    assert {"protocol": "TCP", "port": 53} in ports
    assert policy["ingress"][0]["from"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/instance"] == "shop"
    assert {port["port"] for port in ports} == {53, 5432, 5671, 443}
