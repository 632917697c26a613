"""What changes when values change, and what must not."""

from typing import Any

import pytest

from tests.support.helm import Rendered, render
from tests.support.manifests import DEV, example_values, of_kind, one, selectors

OTHER = {
    "image": {"tag": "2"},
    "commonLabels": {"team": "food"},
    "log": {"level": "DEBUG"},
    "defaults": {"pod": {"labels": {"cost": "food"}}, "web": {"replicas": 3}},
}


def jobs(rendered: Rendered) -> set[str]:
    return {found["metadata"]["name"] for found in of_kind(rendered, "Job")}


def template(rendered: Rendered, name: str) -> Any:
    return one(rendered, "Deployment", name)["spec"]["template"]


def test_selectors_stay_whatever_else_changes() -> None:
    assert selectors(render({**DEV, **OTHER})) == selectors(render(DEV))


def test_selectors_say_name_release_role_and_service_alone() -> None:
    assert selectors(render(DEV))["shop-orders-web"] == {
        "matchLabels": {
            "app.kubernetes.io/name": "postroad",
            "app.kubernetes.io/instance": "shop",
            "app.kubernetes.io/component": "web",
            "postroad.dev/service": "orders",
        }
    }


def test_a_new_image_makes_new_jobs_so_that_none_is_patched() -> None:
    assert jobs(render({**DEV, "image": {"tag": "2"}})) & jobs(render(DEV)) == set()


def test_what_migrations_do_not_read_makes_no_new_job() -> None:
    assert jobs(render({**DEV, "defaults": {"web": {"replicas": 3, "threads": 8}}})) == jobs(render(DEV))


def test_a_new_password_of_the_administrator_makes_new_jobs() -> None:
    assert jobs(render({**DEV, "admin": {"password": "other"}})) & jobs(render(DEV)) == set()


def test_jobs_are_no_hooks_and_are_kept() -> None:
    job = of_kind(render(DEV), "Job")[0]

    assert "annotations" not in job["metadata"]
    assert "ttlSecondsAfterFinished" not in job["spec"]


@pytest.mark.parametrize(("mode", "count"), [("job", 1), ("hook", 1), ("init", 0), ("none", 0)])
def test_a_mode_of_migrations_has_its_number_of_jobs(mode: str, count: int) -> None:
    rendered = render({**DEV, "services": {"orders": {"migrations": {"mode": mode}}}})

    assert len([name for name in jobs(rendered) if name.startswith("shop-orders-migrate")]) == count


def test_in_mode_init_pods_migrate_themselves_and_make_the_administrator() -> None:
    rendered = render({**DEV, "defaults": {"migrations": {"mode": "init"}}})
    first = template(rendered, "shop-orders-relay")["spec"]["initContainers"][0]

    assert first["command"] == ["python", "manage.py", "prepare_service"]
    assert "ADMIN_PASSWORD" in [entry["name"] for entry in first["env"]]


def test_a_change_of_configuration_renews_the_pods_of_that_service_alone() -> None:
    before, after = render(DEV), render({**DEV, "services": {"orders": {"settings": {"CALL_ATTEMPTS": 2}}}})

    assert template(before, "shop-orders-relay") != template(after, "shop-orders-relay")
    assert template(before, "shop-kitchen-relay") == template(after, "shop-kitchen-relay")


def test_a_change_of_a_password_renews_the_pods() -> None:
    before, after = render(DEV), render({**DEV, "dev": {"enabled": True, "rabbitmq": {"password": "other"}}})

    assert template(before, "shop-orders-worker") != template(after, "shop-orders-worker")


def test_replicas_stand_in_the_deployment_unless_somebody_else_decides() -> None:
    values = {
        "orders": {
            "web": {"hpa": {"enabled": True}},
            "worker": {"keda": {"enabled": True}},
            "relay": {"replicas": None},
        }
    }
    rendered = render({**DEV, "services": values})

    assert one(rendered, "Deployment", "shop-orders-grpc")["spec"]["replicas"] == 1
    assert "replicas" not in one(rendered, "Deployment", "shop-orders-web")["spec"]
    assert "replicas" not in one(rendered, "Deployment", "shop-orders-worker")["spec"]
    assert "replicas" not in one(rendered, "Deployment", "shop-orders-relay")["spec"]


def test_zero_replicas_are_written() -> None:
    rendered = render({**DEV, "services": {"orders": {"worker": {"replicas": 0}}}})

    assert one(rendered, "Deployment", "shop-orders-worker")["spec"]["replicas"] == 0


@pytest.mark.parametrize(("replicas", "count"), [(1, 0), (2, 1)])
def test_a_disruption_budget_never_blocks_the_only_pod(replicas: int, count: int) -> None:
    relay = {"replicas": replicas, "pdb": {"enabled": True}}

    assert len(of_kind(render({**DEV, "services": {"orders": {"relay": relay}}}), "PodDisruptionBudget")) == count


def test_keda_logs_in_at_the_management_api_with_the_secret_of_the_operator() -> None:
    rendered = render(example_values("external-secrets"))
    login = one(rendered, "TriggerAuthentication", "shop-kitchen-worker")["spec"]["secretTargetRef"]
    trigger = one(rendered, "ScaledObject", "shop-kitchen-worker")["spec"]["triggers"][0]

    assert {entry["name"] for entry in login} == {"shop-rabbit-default-user"}
    assert {entry["parameter"] for entry in login} == {"username", "password"}
    assert trigger["metadata"]["protocol"] == "http"
    assert trigger["metadata"]["host"] == "http://shop-rabbit:15672/"


def test_variables_of_the_migrations_reach_the_job_alone_and_make_a_new_one() -> None:
    entry = {"name": "DATABASE_OPTIONS", "value": "lock_timeout=1"}
    rendered = render({**DEV, "services": {"orders": {"migrations": {"extraEnv": [entry]}}}})

    (new,) = jobs(rendered) - jobs(render(DEV))
    assert new.startswith("shop-orders-migrate-")
    assert entry in one(rendered, "Job", new)["spec"]["template"]["spec"]["containers"][0]["env"]
    assert template(rendered, "shop-orders-web") == template(render(DEV), "shop-orders-web")
