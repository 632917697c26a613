"""Every overlay of k8s/ builds, fits the schemas, and may run in a namespace that enforces "restricted"."""

import re
from collections.abc import Iterator

import pytest

from tests.support.helm import Rendered, fault
from tests.support.kustomize import OVERLAYS, build
from tests.support.manifests import (
    Object,
    breaches,
    containers,
    identities,
    of_kind,
    pod_specs,
    secret_references,
    secrets,
)

OLDEST, NEWEST = "1.27", "1.36"
SECRET_KEYS = frozenset({"SECRET_KEY", "DATABASE_PASSWORD", "BROKER_PASSWORD"})
ROLE = re.compile("-(web|worker|relay|grpc|migrate(-.*)?)$")
CASES = [*((overlay, NEWEST) for overlay in OVERLAYS), ("networkpolicy", OLDEST)]


def processes(rendered: Rendered) -> Iterator[tuple[str, Object]]:
    """Yield the containers of our image, each with the name of what makes its pod."""
    for name, spec in pod_specs(rendered):
        yield from ((f"{name}/{found['name']}", found) for found in containers(spec) if "envFrom" in found)


def references(source: Object) -> list[str]:
    return [source[kind]["name"] for kind in ("configMapRef", "secretRef") if kind in source]


def service_of(name: str) -> str:
    return ROLE.sub("", name.partition("/")[0])


def replicas(overlay: str) -> dict[str, int]:
    return {found["metadata"]["name"]: found["spec"]["replicas"] for found in of_kind(build(overlay), "Deployment")}


@pytest.mark.slow
@pytest.mark.parametrize(("overlay", "kubernetes"), CASES)
def test_every_object_fits_the_schema_of_the_kubernetes_version(overlay: str, kubernetes: str) -> None:
    assert [text for text in (fault(found, kubernetes=kubernetes) for found in build(overlay).objects) if text] == []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_is_restricted_with_a_read_only_root(overlay: str) -> None:
    assert breaches(pod_specs(build(overlay))) == []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_pod_gets_a_token_of_the_cluster(overlay: str) -> None:
    assert {spec["automountServiceAccountToken"] for _, spec in pod_specs(build(overlay))} == {False}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_of_helm_is_left(overlay: str) -> None:
    assert not re.search("helm|checksum/", str(build(overlay).objects), re.IGNORECASE)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_process_has_the_variables_and_secrets_of_its_service(overlay: str) -> None:
    sources = {
        name: [name_of for source in container["envFrom"] for name_of in references(source)]
        for name, container in processes(build(overlay))
    }

    assert len(sources) > 50
    assert {name: found for name, found in sources.items() if found != [service_of(name)] * 2} == {}


def test_dev_holds_every_secret_and_server_that_its_processes_need() -> None:
    rendered = build("dev")
    configs = {
        found["metadata"]["name"]: found["data"]
        for found in of_kind(rendered, "ConfigMap")
        if "DATABASE_HOST" in found["data"]
    }
    servers = {(found["DATABASE_HOST"], found["BROKER_HOST"]) for found in configs.values()}

    given = secrets(rendered)
    assert {(name, key) for name, key in secret_references(rendered) if key not in given.get(name, ())} == set()
    assert {frozenset(given[name]) for name in configs} == {SECRET_KEYS}
    assert len(configs) == 7
    assert servers == {("postroad-postgresql", "postroad-rabbitmq")}
    assert {f"Service {name}" for name in servers.pop()} <= set(identities(rendered))


def test_dev_has_one_pod_of_each_and_production_two_with_a_budget() -> None:
    budgets = {found["metadata"]["name"] for found in of_kind(build("production"), "PodDisruptionBudget")}

    assert set(replicas("dev").values()) == {1}
    assert of_kind(build("dev"), "PodDisruptionBudget") == []
    assert set(replicas("production").values()) == {2}
    assert set(replicas("production")) == budgets


def test_production_reads_the_secrets_of_the_readme_alone() -> None:
    assert secret_references(build("production")) == {("postroad-admin", "password")}


def test_what_production_says_reaches_the_services() -> None:
    configs = {found["metadata"]["name"]: found["data"] for found in of_kind(build("production"), "ConfigMap")}
    storing = [data for name, data in configs.items() if name != "postroad-gateway"]

    assert {(data["DATABASE_HOST"], data["BROKER_HOST"], data["BROKER_VHOST"]) for data in storing} == {
        ("postgresql.example", "rabbitmq.example", "shop")
    }
    assert {data["GATEWAY_AUTH"] for data in configs.values()} == {"oidc"}
    assert configs["postroad-gateway"]["ALLOWED_HOSTS"].endswith(",shop.example")
    assert "DATABASE_HOST" not in configs["postroad-gateway"]


@pytest.mark.parametrize("overlay", ["production", "keda", "networkpolicy"])
def test_nothing_of_dev_is_elsewhere(overlay: str) -> None:
    assert of_kind(build(overlay), "StatefulSet", "Secret") == []
    assert "localhost/postroad" not in str(build(overlay).objects)


def test_the_migration_jobs_of_production_are_named_after_the_image() -> None:
    jobs = of_kind(build("production"), "Job")
    images = {job["spec"]["template"]["spec"]["containers"][0]["image"] for job in jobs}

    assert len(jobs) == 7
    assert {job["metadata"]["name"].partition("-migrate-")[2] for job in jobs} == {"1-4-2"}
    assert images == {"registry.example/shop/postroad:1.4.2"}


def test_keda_alone_decides_on_the_number_of_every_worker() -> None:
    rendered = build("keda")
    unset = {found["metadata"]["name"] for found in of_kind(rendered, "Deployment") if "replicas" not in found["spec"]}

    targets = {found["spec"]["scaleTargetRef"]["name"] for found in of_kind(rendered, "ScaledObject")}
    assert targets == unset
    assert len(targets) == 7


def test_keda_asks_the_broker_of_the_overlay_with_the_login_of_the_workers() -> None:
    rendered = build("keda")
    triggers = [found["spec"]["triggers"][0]["metadata"] for found in of_kind(rendered, "ScaledObject")]
    logins = [found["spec"]["secretTargetRef"] for found in of_kind(rendered, "TriggerAuthentication")]

    assert {(found["host"], found["vhostName"]) for found in triggers} == {("https://rabbitmq.example:15671/", "shop")}
    assert len(logins) == 7
    assert {part["key"] for login in logins for part in login} == {"BROKER_USER", "BROKER_PASSWORD"}


def test_each_overlay_differs_from_production_in_what_it_adds_alone() -> None:
    production = set(identities(build("production")))

    assert {added.partition(" ")[0] for added in set(identities(build("keda"))) - production} == {
        "ScaledObject",
        "TriggerAuthentication",
    }
    assert set(identities(build("networkpolicy"))) - production == {
        "NetworkPolicy postroad",
        "NetworkPolicy postroad-gateway",
    }
