"""Every pod of the chart may run in a namespace that enforces Pod Security "restricted"."""

import pytest

from tests.support.helm import render
from tests.support.manifests import (
    DEV,
    EXAMPLES,
    breaches,
    containers,
    example,
    of_kind,
    one,
    pod_specs,
    secret_references,
    secret_texts,
    secrets,
)

SHORT = {"migrate", "wait-for-migrations", "wait-for-servers", "doctor", "order"}
"""Containers that end by themselves, and reserve no CPU: see test_full_node."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_pod_is_restricted_with_a_read_only_root(name: str) -> None:
    assert breaches(pod_specs(example(name))) == []


def test_a_breach_is_found() -> None:
    spec = {"containers": [{"name": "web", "securityContext": {"readOnlyRootFilesystem": True}}]}

    assert "web/web: allowPrivilegeEscalation is None" in breaches([("web", spec)])


@pytest.mark.parametrize("name", ["default", "production", "external-secrets"])
def test_no_pod_gets_a_token_of_the_cluster(name: str) -> None:
    assert {spec["automountServiceAccountToken"] for _, spec in pod_specs(example(name))} == {False}
    assert of_kind(example(name), "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding") == []


def test_only_the_web_pods_that_look_at_the_cluster_get_a_token() -> None:
    rendered = render({**DEV, "clusterAccess": {"services": ["orders"]}})

    assert [name for name, spec in pod_specs(rendered) if spec["automountServiceAccountToken"]] == ["shop-orders-web"]
    assert one(rendered, "RoleBinding", "shop-cluster")["subjects"][0]["name"] == "shop-orders"
    verbs = {verb for rule in one(rendered, "Role", "shop-cluster")["rules"] for verb in rule["verbs"]}
    assert verbs == {"get", "list"}
    assert one(rendered, "ConfigMap", "shop-orders")["data"]["POSTROAD_CLUSTER_RELEASE"] == "shop"


def test_the_migration_job_needs_no_service_account() -> None:
    assert [
        job for job in of_kind(example("all-on"), "Job") if "serviceAccountName" in job["spec"]["template"]["spec"]
    ] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_container_has_requests_a_memory_limit_and_no_cpu_limit(name: str) -> None:
    own = [
        container
        for _, spec in pod_specs(example(name))
        for container in containers(spec)
        if container["name"] not in ("before", "beside")
    ]

    assert {tuple(container["resources"]["limits"]) for container in own} == {("memory",)}
    reserving = {frozenset(container["resources"]["requests"]) for container in own if container["name"] not in SHORT}
    assert reserving == {frozenset({"cpu", "memory"})}


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_password_stands_outside_a_secret(name: str) -> None:
    rendered = example(name)
    values = {text for key, text in secret_texts(rendered).items() if "user" not in key} - {"postroad"}  # also a name
    elsewhere = "\n".join(str(found) for found in rendered.objects if found["kind"] != "Secret")

    assert [value for value in values if value in elsewhere] == []


@pytest.mark.parametrize("name", ["default", "all-on"])
def test_every_key_that_a_container_reads_is_in_the_secret_that_the_chart_makes(name: str) -> None:
    made = secrets(example(name))

    assert [found for found in secret_references(example(name)) if found[1] not in made.get(found[0], set())] == []


def test_production_reads_its_secrets_from_where_the_values_say() -> None:
    read = secret_references(example("production"))

    assert ("order-history-database", "password") in read
    assert ("postroad-broker", "password") in read
    assert ("postroad-secret-key", "secret-key") in read
    assert ("postroad-admin", "password") in read
    assert set(secrets(example("production"))) == {"shop-orders-worker"}  # the broker's user, for KEDA


def test_a_secret_that_the_chart_makes_holds_what_the_values_say() -> None:
    made = secret_texts(example("all-on"))

    assert made["shop-admin/password"] == "a password: with signs"
    assert made["shop-orders/broker-password"] == "postroad"
    assert made["shop-postgresql/password"] == "postroad"
    assert made["shop-orders-worker/username"] == "postroad"
