"""What processes are told, and that the parts of the chart fit together."""

from typing import Any

import pytest

from tests.support.helm import render
from tests.support.manifests import (
    DEV,
    EXAMPLES,
    containers,
    example,
    of_kind,
    one,
    pod_specs,
    variables,
)


def test_a_service_is_found_by_the_name_of_its_service_object() -> None:
    rendered = render(DEV)
    data = one(rendered, "ConfigMap", "shop-order-history")["data"]

    assert data["POSTROAD_SERVICE"] == "order_history"
    assert data["POSTROAD_DISCOVERY"] == "dns"
    assert data["POSTROAD_DNS_TEMPLATE"] == "http://shop-{service}:80"
    assert "orders-grpc=http://shop-orders-grpc:9000" in data["POSTROAD_ADDRESSES"].split(",")
    assert one(rendered, "Service", "shop-orders")["spec"]["ports"][0]["port"] == 80
    assert one(rendered, "Service", "shop-orders-grpc")["spec"]["clusterIP"] == "None"


def test_with_a_registry_services_ask_it_and_answer_to_their_address() -> None:
    rendered = render({**DEV, "discovery": {"mode": "registry"}})
    web = one(rendered, "Deployment", "shop-orders-web")["spec"]["template"]["spec"]["containers"][0]

    assert (
        one(rendered, "ConfigMap", "shop-orders")["data"]["POSTROAD_REGISTRY_URL"] == "http://shop-registry:8761/eureka"
    )
    assert one(rendered, "Service", "shop-registry")["spec"]["ports"][0]["port"] == 8761
    assert variables(web)["ALLOWED_HOSTS"].endswith(",$(POD_IP)")
    assert [entry["name"] for entry in web["env"]].index("POD_IP") < [entry["name"] for entry in web["env"]].index(
        "ALLOWED_HOSTS"
    )


def test_without_a_registry_none_runs() -> None:
    assert [found for found in render(DEV).objects if "registry" in found["metadata"]["name"]] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_service_object_selects_the_pods_of_one_workload(name: str) -> None:
    rendered = example(name)
    pods = [found["spec"]["template"]["metadata"]["labels"] for found in of_kind(rendered, "Deployment", "StatefulSet")]

    matches = [
        (service["metadata"]["name"], sum(service["spec"]["selector"].items() <= labels.items() for labels in pods))
        for service in of_kind(rendered, "Service")
    ]
    assert [match for match in matches if match[1] != 1] == []


@pytest.mark.parametrize(
    ("role", "kind"), [("web", "httpGet"), ("grpc", "grpc"), ("worker", "exec"), ("relay", "exec")]
)
def test_a_role_has_five_minutes_to_start_and_is_asked_by_the_kind_of_probe_that_fits(role: str, kind: str) -> None:
    container = one(render(DEV), "Deployment", f"shop-orders-{role}")["spec"]["template"]["spec"]["containers"][0]
    startup = container["startupProbe"]

    assert kind in startup
    assert startup["periodSeconds"] * startup["failureThreshold"] >= 300
    assert "livenessProbe" in container


def test_liveness_of_web_asks_for_the_process_and_readiness_for_the_database() -> None:
    web = one(render(DEV), "Deployment", "shop-orders-web")["spec"]["template"]["spec"]["containers"][0]

    assert web["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert web["readinessProbe"]["httpGet"]["path"] == "/readyz"


@pytest.mark.parametrize("role", ["worker", "relay"])
def test_the_heartbeat_is_written_where_the_probe_looks_and_a_volume_is(role: str) -> None:
    container = one(render(DEV), "Deployment", f"shop-orders-{role}")["spec"]["template"]["spec"]["containers"][0]

    assert variables(container)["POSTROAD_HEARTBEAT_FILE"] == "/run/postroad/alive"
    assert "find /run/postroad/alive -newermt '-60 seconds'" in container["livenessProbe"]["exec"]["command"][2]
    assert {"name": "run", "mountPath": "/run/postroad"} in container["volumeMounts"]


@pytest.mark.parametrize("role", ["web", "worker", "relay", "grpc"])
def test_the_program_of_a_role_is_process_one(role: str) -> None:
    container = one(render(DEV), "Deployment", f"shop-orders-{role}")["spec"]["template"]["spec"]["containers"][0]

    assert container["command"][0] in ("celery", "python")


def test_web_leaves_the_service_and_finishes_requests_before_it_is_killed() -> None:
    spec = one(render(DEV), "Deployment", "shop-orders-web")["spec"]
    pod = spec["template"]["spec"]
    web = pod["containers"][0]
    made, pause = web["lifecycle"]["preStop"]["exec"]["command"][2].removeprefix("touch ").split(" && sleep ")

    assert variables(web)["POSTROAD_DRAIN_FILE"] == made
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    assert spec["strategy"] == rolling  # without the type, every `kubectl apply` would find something to change
    assert int(pause) + int(variables(web)["WEB_GRACE_SECONDS"]) < pod["terminationGracePeriodSeconds"]


def test_a_role_may_be_replaced_at_once() -> None:
    values = {**DEV, "services": {"kitchen": {"worker": {"strategy": {"type": "Recreate"}}}}}

    spec = one(render(values), "Deployment", "shop-kitchen-worker")["spec"]

    assert spec["strategy"] == {"type": "Recreate"}


def test_every_pod_with_a_database_waits_for_migrations_and_the_gateway_does_not() -> None:
    deployments = of_kind(render(DEV), "Deployment")
    waiting = [found for found in deployments if "initContainers" in found["spec"]["template"]["spec"]]

    assert {found["metadata"]["name"] for found in deployments} - {found["metadata"]["name"] for found in waiting} == {
        "shop-gateway-web"
    }
    assert {found["spec"]["template"]["spec"]["initContainers"][0]["command"][2] for found in waiting} == {
        "postroad.schema.wait"
    }


def test_the_secret_of_cloudnativepg_is_read_key_by_key() -> None:
    web = one(example("external-secrets"), "Deployment", "shop-orders-web")["spec"]["template"]["spec"]["containers"][0]
    env = variables(web)

    assert env["DATABASE_HOST"] == {"secretKeyRef": {"name": "orders-db-app", "key": "host"}}
    assert env["DATABASE_NAME"] == {"secretKeyRef": {"name": "orders-db-app", "key": "dbname"}}
    assert env["DATABASE_USER"] == {"secretKeyRef": {"name": "orders-db-app", "key": "username"}}
    assert env["BROKER_USER"] == {"secretKeyRef": {"name": "shop-rabbit-default-user", "key": "username"}}
    assert env["SECRET_KEY"] == {"secretKeyRef": {"name": "orders-django", "key": "SECRET_KEY"}}


def test_a_mapped_url_takes_the_place_of_all_parts() -> None:
    spec = one(example("external-secrets"), "Deployment", "shop-delivery-web")["spec"]["template"]["spec"]
    database = {key: value for key, value in variables(spec["containers"][0]).items() if key.startswith("DATABASE_")}

    assert database == {"DATABASE_URL": {"secretKeyRef": {"name": "delivery-db-app", "key": "uri"}}}


def test_settings_become_variables_and_large_numbers_keep_their_digits() -> None:
    rendered = render({**DEV, "defaults": {"settings": {"GRPC_MESSAGE_BYTES": 12_000_000, "RELAY_POLL_SECONDS": 0.5}}})
    data = one(rendered, "ConfigMap", "shop-orders")["data"]

    assert data["POSTROAD_GRPC_MESSAGE_BYTES"] == "12000000"
    assert data["POSTROAD_RELAY_POLL_SECONDS"] == "0.5"


def test_a_value_of_a_service_wins_over_the_default_even_if_it_is_false() -> None:
    values = {**DEV, "defaults": {"grpc": {"enabled": True}}, "services": {"orders": {"grpc": {"enabled": False}}}}
    names = {found["metadata"]["name"] for found in of_kind(render(values), "Deployment")}

    assert "shop-orders-grpc" not in names
    assert "shop-delivery-grpc" in names


def test_a_service_that_is_off_leaves_nothing() -> None:
    rendered = render({**DEV, "services": {"delivery": {"enabled": False}}})

    assert [found for found in rendered.objects if "delivery" in found["metadata"]["name"]] == []
    assert "delivery" not in one(rendered, "ConfigMap", "shop-postgresql-init")["data"]["databases.sql"]


def test_dev_mode_makes_a_database_for_each_service() -> None:
    rendered = render(DEV)
    made = one(rendered, "ConfigMap", "shop-postgresql-init")["data"]["databases.sql"]
    used = {
        variables(container)["DATABASE_NAME"]
        for name, spec in pod_specs(rendered)
        for container in containers(spec)
        if "DATABASE_NAME" in variables({"env": container.get("env", [])})
    }

    assert {line.split('"')[1] for line in made.splitlines()} == used


def test_the_test_order_goes_through_the_gateway() -> None:
    container = one(render(DEV), "Pod", "shop-gateway-test-order")["spec"]["containers"][0]

    assert container["command"] == ["python", "manage.py", "demo"]
    assert variables(container)["GATEWAY_URL"] == "http://shop-gateway:80"


def test_test_pods_go_when_they_have_succeeded() -> None:
    tests = of_kind(render(DEV), "Pod")

    assert len(tests) == 8 + 1  # a doctor for each service, and one order
    assert {found["metadata"]["annotations"]["helm.sh/hook-delete-policy"] for found in tests} == {
        "before-hook-creation,hook-succeeded"
    }


def test_test_pods_can_be_kept_for_their_logs() -> None:
    assert {
        found["metadata"]["annotations"]["helm.sh/hook-delete-policy"] for found in of_kind(example("all-on"), "Pod")
    } == {"before-hook-creation"}


def test_the_doctor_is_told_the_services_that_run() -> None:
    rendered = render({**DEV, "services": {"delivery": {"enabled": False}}})

    assert one(rendered, "ConfigMap", "shop-orders")["data"]["POSTROAD_SIBLINGS"] == (
        "accounting,consumers,kitchen,order_history,orders,restaurants"
    )


def test_the_migrations_wait_for_their_servers_without_an_attempt_of_the_job() -> None:
    pod = of_kind(render(DEV), "Job")[0]["spec"]["template"]["spec"]

    assert pod["initContainers"][0]["command"][0:2] == ["python", "-c"]
    assert pod["initContainers"][0]["command"][3] == "300"
    assert pod["containers"][0]["command"] == ["python", "manage.py", "prepare_service"]


@pytest.mark.parametrize(("values", "tour"), [({}, None), ({"tour": {"enabled": True}}, "true")])
def test_the_tour_is_served_only_if_asked_for(values: dict[str, Any], tour: str | None) -> None:
    web = one(render({**DEV, **values}), "Deployment", "shop-gateway-web")["spec"]["template"]["spec"]["containers"][0]

    assert variables(web).get("TOUR") == tour
