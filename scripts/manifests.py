"""Write the manifests of k8s/ from the chart; with `--check`, only name the files that differ.

`k8s/base/values.yaml` is what the base is rendered with: one file for each service. A component is what the chart adds
to that with the component's own `values.yaml`. What only Helm uses is left out, and the variables that an overlay
changes are moved from the containers to the ConfigMap and the Secret of their service, so that a patch says them once.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import helm_python as helm
import yaml
from typing_extensions import override

Object = dict[str, Any]

K8S = Path(__file__).resolve().parent.parent / "k8s"
CHART = K8S.parent / "helm" / "postroad"
RELEASE, NAMESPACE = "postroad", "unknown-namespace"
COMMAND = "make manifests"
HEADER = f"# Generated from helm/postroad and {{values}} by `{COMMAND}`: change those, not this file.\n"
_LABELS_OF_HELM = ("app.kubernetes.io/managed-by", "app.kubernetes.io/version", "helm.sh/chart")
_ANNOTATIONS_OF_HELM = ("checksum/", "helm.sh/")
_CHANGED_BY_OVERLAYS = ("ALLOWED_HOSTS", "DATABASE_", "BROKER_")
_LONGEST_FLOW = 100  # characters of a list or map on one line


def render(values: Object) -> list[Object]:
    """Return the objects that the chart makes of values, in the order of its templates."""
    with helm.Chart.load(CHART) as chart:
        files = dict(chart.render(values, name=RELEASE, namespace=NAMESPACE))
    texts = (text for path, text in sorted(files.items()) if not path.endswith("NOTES.txt"))
    return [found for text in texts for found in yaml.load_all(text, Loader=yaml.CSafeLoader) if found]


def simplify(objects: list[Object]) -> list[Object]:
    """Leave out what only Helm uses, and move variables to ConfigMaps and Secrets; the objects are changed.

    Raises: ValueError if an object names the namespace, which only `kubectl apply` knows.
    """
    sources = {identity(found): found for found in objects}
    for found in objects:
        _forget_helm(found)
        for container in _containers(found):
            _move_variables(container, sources)
    for found in objects:
        if NAMESPACE in str(found):
            message = f"{identity(found)} names the namespace, which manifests cannot know: install the chart for it"
            raise ValueError(message)
    return objects


def identity(found: Object) -> str:
    """Return kind and name."""
    return f"{found['kind']} {found['metadata']['name']}"


def _forget_helm(found: Object) -> None:
    metadata = found["metadata"]
    if found["kind"] == "Job":  # the hash is that of the chart's values, which an overlay does not change
        metadata["name"] = re.sub("-migrate-[0-9a-f]+$", "-migrate", metadata["name"])
    for described in (metadata, found.get("spec", {}).get("template", {}).get("metadata", {})):
        _keep(described, "labels", without=_LABELS_OF_HELM)
        _keep(described, "annotations", without=_ANNOTATIONS_OF_HELM)


def _keep(metadata: Object, what: str, *, without: tuple[str, ...]) -> None:
    kept = {key: text for key, text in metadata.pop(what, {}).items() if not key.startswith(without)}
    if kept:
        metadata[what] = kept


def _containers(found: Object) -> list[Object]:
    pod = found.get("spec", {}).get("template", {}).get("spec", {})
    return [*pod.get("initContainers", []), *pod.get("containers", [])]


def _move_variables(container: Object, sources: Mapping[str, Object]) -> None:
    if "envFrom" not in container:  # a server of dev mode
        return
    for entry in container["env"]:
        if entry["name"] == "ALLOWED_HOSTS":
            hosts = entry["value"].split(",")
            entry["value"] = ",".join(host for host in hosts if f".{NAMESPACE}" not in host)
    name = container["envFrom"][0]["configMapRef"]["name"]
    config, secret = sources[f"ConfigMap {name}"]["data"], sources.get(f"Secret {name}", {}).get("data", {})
    moved = [entry for entry in container["env"] if _is_moved(entry, name, config, secret)]
    if any("valueFrom" in entry for entry in moved):
        container["envFrom"].insert(1, {"secretRef": {"name": name}})
    container["env"] = [entry for entry in container["env"] if entry not in moved]
    if not container["env"]:
        del container["env"]


def _is_moved(entry: Object, name: str, config: Object, secret: Object) -> bool:
    """Put a variable where `envFrom` finds it, and tell whether that was possible."""
    variable = entry["name"]
    if "value" in entry:
        # A reference such as $(POD_IP) is expanded in a container's own list only.
        if not variable.startswith(_CHANGED_BY_OVERLAYS) or "$(" in entry["value"]:
            return False
        return bool(config.setdefault(variable, entry["value"]) == entry["value"])
    source = entry.get("valueFrom", {}).get("secretKeyRef", {})
    if source.get("name") != name:
        return False
    if source["key"] in secret:
        secret[variable] = secret.pop(source["key"])
    return bool(variable in secret or source["key"] == variable)


class _Dumper(yaml.SafeDumper):
    @override
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent the items of a list below its key."""
        super().increase_indent(flow=flow, indentless=False)


def _text(objects: list[Object], values: Path) -> str:
    nodes = [yaml.compose(json.dumps(found), Loader=yaml.CSafeLoader) for found in objects]
    for node in nodes:
        _set_style(node)
    documents = (yaml.serialize(node, Dumper=_Dumper, width=sys.maxsize) for node in nodes)
    return HEADER.format(values=values) + "---\n".join(documents)


def _set_style(node: yaml.Node | None) -> None:
    """Short lists and maps on one line, texts of several lines as they are."""
    match node:
        case yaml.ScalarNode():
            node.style = "|" if "\n" in node.value else None
        case yaml.SequenceNode():
            node.flow_style = _is_short(node.value)
        case yaml.MappingNode():
            node.flow_style = _is_short([part for pair in node.value for part in pair])
        case _:
            pass  # nothing was there


def _is_short(children: list[yaml.Node]) -> bool:
    for child in children:
        _set_style(child)
    is_flat = all(isinstance(child, yaml.ScalarNode) and child.style is None for child in children)
    return is_flat and sum(len(child.value) + 2 for child in children) <= _LONGEST_FLOW


def manifests(k8s: Path) -> dict[Path, str]:
    """Return the text of every generated file of a folder k8s/, by its path."""
    own = k8s / "base" / "values.yaml"
    values = yaml.safe_load(own.read_text(encoding="utf-8"))
    base = simplify(render(values))
    files = dict(_base(base, own.relative_to(k8s.parent), k8s / "base"))
    known = {identity(found) for found in base}
    for added in sorted(k8s.glob("components/*/values.yaml")):
        merged = _merge(values, yaml.safe_load(added.read_text(encoding="utf-8")))
        objects = [found for found in simplify(render(merged)) if identity(found) not in known]
        files[added.with_name("manifests.yaml")] = _text(objects, added.relative_to(k8s.parent))
    return files


def _base(objects: list[Object], values: Path, folder: Path) -> Iterator[tuple[Path, str]]:
    services: dict[str, list[Object]] = {}
    for found in objects:
        services.setdefault(found["metadata"]["labels"].get("postroad.dev/service", "all"), []).append(found)
    for service, own in services.items():
        yield folder / f"{service}.yaml", _text(own, values)
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [f"{service}.yaml" for service in services],
    }
    yield folder / "kustomization.yaml", _text([kustomization], values)


def _merge(values: Any, over: Any) -> Any:
    if not (isinstance(values, dict) and isinstance(over, dict)):
        return over
    return values | {key: _merge(values.get(key), value) for key, value in over.items()}


def changes(k8s: Path) -> dict[Path, str | None]:
    """Return what has to be written: path → text, or None for a generated file that is no longer one."""
    wanted = manifests(k8s)
    found: dict[Path, str | None] = {
        path: text for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    beginning = HEADER.partition(" and ")[0]
    for path in sorted(k8s.rglob("*.yaml")):
        if path not in wanted and path.read_text(encoding="utf-8").startswith(beginning):
            found[path] = None
    return found


def main(arguments: list[str], k8s: Path = K8S) -> int:
    """Write or compare; return the exit code."""
    found = changes(k8s)
    if "--check" in arguments:
        for path in found:
            print(f"{path.relative_to(k8s.parent)} is not what the chart renders; run: {COMMAND}", file=sys.stderr)
        return 1 if found else 0
    for path, text in found.items():
        if text is None:
            path.unlink()
        else:
            path.write_text(text, encoding="utf-8")
        print(path.relative_to(k8s.parent))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
