"""The generated files of k8s/ are what the chart renders, and no variable of a container is lost on the way."""

import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

from tests.support.helm import Rendered
from tests.support.kustomize import ROOT
from tests.support.manifests import DEV, Object, containers, of_kind, pod_specs, secret_references

sys.path.insert(0, str(ROOT.parent / "scripts"))
import manifests

BASE = yaml.safe_load((ROOT / "base" / "values.yaml").read_text())
REGISTRY = BASE | {"discovery": {"mode": "registry", "registryPassword": {"existingSecret": "registry"}}}
OWN = DEV | {
    "defaults": {"database": {"host": "one", "user": "two", "password": "three", "options": "sslmode=require"}}
}
NO_TESTS = {"tests": {"enabled": False}}
CASES = {"base": BASE, "dev": DEV | NO_TESTS, "own database": OWN | NO_TESTS, "registry": REGISTRY}
NAMES = ["base/new.yaml", "base/orders.yaml", "base/restaurants.yaml", "components/keda/manifests.yaml"]


def environments(objects: list[Object]) -> dict[str, Object]:
    """Return the variables of each container of our image: texts, or the Secret and key where they come from."""
    sources = {manifests.identity(found): found for found in objects}
    return {
        f"{name.partition('-migrate')[0]}/{container['name']}": dict(variables(container, sources))
        for name, spec in pod_specs(Rendered(objects=objects, notes=""))
        for container in containers(spec)
        if "envFrom" in container
    }


def variables(container: Object, sources: dict[str, Object]) -> Iterable[tuple[str, object]]:
    for entry in container["envFrom"]:
        for kind, reference in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            if reference in entry:
                yield from sources.get(f"{kind} {entry[reference]['name']}", {}).get("data", {}).items()
    for entry in container.get("env", []):
        source = entry.get("valueFrom", {}).get("secretKeyRef", {})
        given = sources.get(f"Secret {source.get('name')}", {}).get("data", {})
        yield entry["name"], entry.get("value") or given.get(source.get("key"), entry.get("valueFrom"))


def short(hosts: str) -> str:
    return ",".join(host for host in hosts.split(",") if manifests.NAMESPACE not in host)


def existing_secrets(objects: list[Object]) -> list[Object]:
    """Return the Secrets that containers read and nobody renders."""
    rendered = Rendered(objects=objects, notes="")
    missing = {name for name, _ in secret_references(rendered)} - {
        found["metadata"]["name"] for found in of_kind(rendered, "Secret")
    }
    keys = {name: [key for owner, key in secret_references(rendered) if owner == name] for name in missing}
    return [
        {"kind": "Secret", "metadata": {"name": name}, "data": {key: f"{name}/{key}" for key in own}}
        for name, own in keys.items()
    ]


def copy_of_k8s(folder: Path) -> Path:
    return Path(shutil.copytree(ROOT, folder / "k8s"))


def test_the_committed_files_are_what_the_chart_renders() -> None:
    names = [str(path.relative_to(ROOT.parent)) for path in manifests.changes(ROOT)]

    assert names == [], f"run: {manifests.COMMAND}"


@pytest.mark.parametrize("values", CASES.values(), ids=CASES)
def test_every_container_has_the_variables_that_the_chart_gives_it(values: Object) -> None:
    chart = manifests.render(values)
    ours = manifests.simplify(manifests.render(values))
    secrets = existing_secrets(chart)

    wanted = environments([*chart, *secrets])
    shortened = {name: found | {"ALLOWED_HOSTS": short(found["ALLOWED_HOSTS"])} for name, found in wanted.items()}

    assert len(shortened) > 50
    assert environments([*ours, *secrets]) == shortened


def test_a_file_that_is_changed_missing_or_left_over_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    k8s = copy_of_k8s(tmp_path)
    (k8s / "base" / "orders.yaml").write_text("")
    (k8s / "base" / "restaurants.yaml").unlink()
    (k8s / "components" / "keda" / "manifests.yaml").write_text(manifests.HEADER)
    shutil.copy(k8s / "base" / "kitchen.yaml", k8s / "base" / "new.yaml")

    code = manifests.main(["--check"], k8s)

    told = sorted(capsys.readouterr().err.splitlines())
    assert code == 1
    assert told == [f"k8s/{name} is not what the chart renders; run: make manifests" for name in NAMES]


def test_writing_again_mends_all_of_it_and_leaves_files_of_people_alone(tmp_path: Path) -> None:
    k8s = copy_of_k8s(tmp_path)
    (k8s / "base" / "orders.yaml").write_text("")
    shutil.copy(k8s / "base" / "kitchen.yaml", k8s / "base" / "new.yaml")
    (k8s / "overlays" / "production" / "hosts.yaml").write_text("# ours\n")

    code = manifests.main([], k8s)

    assert code == 0
    assert manifests.changes(k8s) == {}
    assert not (k8s / "base" / "new.yaml").exists()
    assert (k8s / "base" / "orders.yaml").read_text() == (ROOT / "base" / "orders.yaml").read_text()
    assert (k8s / "overlays" / "production" / "hosts.yaml").read_text() == "# ours\n"


def test_a_service_of_the_values_gets_a_file_and_a_place_in_the_base(tmp_path: Path) -> None:
    k8s = copy_of_k8s(tmp_path)
    (k8s / "base" / "values.yaml").write_text(yaml.safe_dump(BASE | {"services": {"loyalty": {}}}))

    manifests.main([], k8s)

    assert "postroad-loyalty-web" in (k8s / "base" / "loyalty.yaml").read_text()
    assert "loyalty.yaml" in yaml.safe_load((k8s / "base" / "kustomization.yaml").read_text())["resources"]
    assert ",loyalty," in (k8s / "base" / "orders.yaml").read_text()


def test_an_object_that_names_the_namespace_is_refused() -> None:
    values = BASE | {"clusterAccess": {"services": ["orders"]}}

    with pytest.raises(ValueError, match="RoleBinding postroad-cluster names the namespace"):
        manifests.simplify(manifests.render(values))


def test_a_variable_that_refers_to_another_stays_where_kubernetes_expands_it() -> None:
    objects = manifests.simplify(manifests.render(REGISTRY))
    hosts = {name: found["ALLOWED_HOSTS"] for name, found in environments(objects).items()}

    assert [found for found in objects if found["kind"] == "ConfigMap" and "$(" in str(found)] == []
    assert {"$(POD_IP)" in text for text in hosts.values()} == {True}
