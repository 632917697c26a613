"""Every overlay of k8s/ builds, fits the schemas, and may run in a namespace that enforces "restricted"."""

import pytest

from tests.support.helm import fault
from tests.support.kustomize import OVERLAYS, build
from tests.support.manifests import breaches, identities, of_kind, pod_specs

OLDEST, NEWEST = "1.27", "1.36"
CASES = [*((overlay, NEWEST) for overlay in OVERLAYS), ("networkpolicy", OLDEST)]


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
def test_no_word_of_the_templates_is_left(overlay: str) -> None:
    assert "'SERVICE" not in str(build(overlay).objects)


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
