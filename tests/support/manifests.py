"""Looking things up in rendered objects.  See also: `helm`, which renders."""

from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from tests.support.helm import CHART, Rendered, render

Object = dict[str, Any]
DEV = {"dev": {"enabled": True}}
EXAMPLES = sorted(path.name.removesuffix("-values.yaml") for path in (CHART / "ci").glob("*-values.yaml"))


def example_values(name: str) -> Object:
    """Return the values of `ci/<name>-values.yaml`."""
    values: Object = yaml.load((CHART / "ci" / f"{name}-values.yaml").read_text(), Loader=yaml.CSafeLoader)
    return values


def example(name: str) -> Rendered:
    """Render `ci/<name>-values.yaml`."""
    return render(example_values(name))


def of_kind(rendered: Rendered, *kinds: str) -> list[Object]:
    """Return the objects of some kinds."""
    return [found for found in rendered.objects if found["kind"] in kinds]


def one(rendered: Rendered, kind: str, name: str) -> Object:
    """Return the object of that name."""
    return next(found for found in of_kind(rendered, kind) if found["metadata"]["name"] == name)


def identities(rendered: Rendered) -> list[str]:
    """Return kind and name of every object."""
    return [f"{found['kind']} {found['metadata']['name']}" for found in rendered.objects]


def pod_specs(rendered: Rendered) -> Iterator[tuple[str, Object]]:
    """Yield the pods that objects make, or are: name → spec."""
    for found in rendered.objects:
        if found["kind"] == "Pod":
            yield found["metadata"]["name"], found["spec"]
        elif found["kind"] in ("Deployment", "StatefulSet", "Job"):
            yield found["metadata"]["name"], found["spec"]["template"]["spec"]


def containers(spec: Mapping[str, Any]) -> list[Object]:
    """Return all containers of a pod, init containers first."""
    return [*spec.get("initContainers", []), *spec["containers"]]


def variables(container: Mapping[str, Any]) -> dict[str, Any]:
    """Return the env list of a container: name → value, or where it comes from."""
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container["env"]}


def settings_of(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the keys of POSTROAD that a ConfigMap sets."""
    data = config.get("data", {}).items()
    return {key.removeprefix("POSTROAD_"): value for key, value in data if key.startswith("POSTROAD_")}


def selectors(rendered: Rendered) -> dict[str, Object]:
    """Return the selector of each Deployment and StatefulSet."""
    return {
        found["metadata"]["name"]: found["spec"]["selector"] for found in of_kind(rendered, "Deployment", "StatefulSet")
    }


def secret_references(rendered: Rendered) -> set[tuple[str, str]]:
    """Return each (Secret, key) that a container reads."""
    return {
        (source["secretKeyRef"]["name"], source["secretKeyRef"]["key"])
        for _, spec in pod_specs(rendered)
        for container in containers(spec)
        for source in variables(container | {"env": container.get("env", [])}).values()
        if isinstance(source, dict) and "secretKeyRef" in source
    }


def secrets(rendered: Rendered) -> dict[str, set[str]]:
    """Return the keys of each Secret that the chart makes."""
    return {found["metadata"]["name"]: set(found["data"]) for found in of_kind(rendered, "Secret")}


def secret_texts(rendered: Rendered) -> dict[str, str]:
    """Return every value that the chart's Secrets hold: `name/key` → text."""
    return {
        f"{found['metadata']['name']}/{key}": b64decode(value).decode()
        for found in of_kind(rendered, "Secret")
        for key, value in found["data"].items()
    }


def breaches(specs: Iterable[tuple[str, Object]]) -> list[str]:
    """Return where pods break Pod Security "restricted", or our own stricter rules; one line each."""
    return [line for name, spec in specs for line in (*_pod_breaches(name, spec), *_container_breaches(name, spec))]


def _pod_breaches(name: str, spec: Object) -> Iterator[str]:
    security = spec.get("securityContext", {})
    wanted = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    yield from (f"{name}: {key} is {security.get(key)}" for key in wanted if security.get(key) != wanted[key])
    yield from (f"{name}: {key} is root" for key in ("runAsUser", "runAsGroup", "fsGroup") if not security.get(key))
    yield from (f"{name}: {key}" for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key))
    yield from (f"{name}: volume {volume['name']}" for volume in spec.get("volumes", []) if "hostPath" in volume)
    if spec.get("enableServiceLinks") is not False:
        yield f"{name}: enableServiceLinks"


def _container_breaches(name: str, spec: Object) -> Iterator[str]:
    wanted = {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    for container in containers(spec):
        security = container.get("securityContext", {})
        yield from (
            f"{name}/{container['name']}: {key} is {security.get(key)}"
            for key in wanted
            if security.get(key) != wanted[key]
        )
