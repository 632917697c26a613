"""What two descriptions of the system must have in common, whoever wrote them.  Not: rendering, or building.

Compared is what a cluster would run: containers by the variables and commands that their processes get, whichever
ConfigMap, Secret or list they come from. Not compared is what belongs to Helm: its tests, its labels, its checksums
and the ends of the Jobs' names; nor the long host names, which hold the namespace.
"""

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from tests.support.helm import Rendered
from tests.support.manifests import Object, containers

_HELMS_LABELS = ("app.kubernetes.io/managed-by", "app.kubernetes.io/version", "helm.sh/chart")
_FILES = ("postroad-postgresql-init",)


def differences(ours: Rendered, theirs: Rendered) -> list[str]:
    """Return where two renderings differ: kind, name, path and both values, one line each."""
    return list(_differences("", _system(ours), _system(theirs)))


def _differences(path: str, ours: Any, theirs: Any) -> Iterator[str]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            yield from _differences(f"{path}.{key}".lstrip("."), ours.get(key), theirs.get(key))
    elif ours != theirs:
        yield f"{path}: {ours!r}, not {theirs!r}"


def _system(rendered: Rendered) -> dict[str, Object]:
    sources = {f"{found['kind']} {found['metadata']['name']}": found for found in rendered.objects}
    simple = (_simple(found, sources) for found in rendered.objects if not _is_of_a_test(found))
    return {f"{found['kind']} {found['metadata'].pop('name')}": found for found in simple}


def _is_of_a_test(found: Object) -> bool:
    return "helm.sh/hook" in found["metadata"].get("annotations", {})


def _simple(found: Object, sources: Mapping[str, Object]) -> Object:
    simple = deepcopy(found)
    metadata = simple["metadata"]
    for label in _HELMS_LABELS:
        metadata["labels"].pop(label, None)
    if simple["kind"] == "Job":
        metadata["name"] = re.sub("-migrate.*", "-migrate", metadata["name"])
    if simple["kind"] in ("ConfigMap", "Secret") and metadata["name"] not in _FILES:
        del simple["data"]  # it is in the variables of the containers
    if "template" in simple.get("spec", {}):
        _simplify_pod(simple["spec"]["template"], sources)
    named: Object = _by_name(simple)
    return named


def _simplify_pod(template: Object, sources: Mapping[str, Object]) -> None:
    template["metadata"].pop("annotations", None)
    for container in containers(template["spec"]):
        environment = dict(_environment(container, sources))
        container["env"] = environment
        container.pop("envFrom", None)
        if "command" in container:
            container["command"] = [_expanded(word, environment) for word in container["command"]]


def _environment(container: Object, sources: Mapping[str, Object]) -> Iterator[tuple[str, Any]]:
    for entry in container.get("envFrom", []):
        for kind, reference in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
            if reference in entry:
                yield from _data(sources[f"{kind} {entry[reference]['name']}"]).items()
    for entry in container.get("env", []):
        yield entry["name"], _value(entry, sources)


def _value(entry: Object, sources: Mapping[str, Object]) -> str:
    if "valueFrom" in entry:
        reference = entry["valueFrom"]["secretKeyRef"]
        return _data(sources[f"Secret {reference['name']}"])[reference["key"]]
    text: str = entry["value"]
    if entry["name"] == "ALLOWED_HOSTS":
        return _short_hosts(text)
    return text


def _data(source: Object) -> dict[str, str]:
    is_secret = source["kind"] == "Secret"
    data = {key: b64decode(value).decode() if is_secret else value for key, value in source.get("data", {}).items()}
    return data | ({"ALLOWED_HOSTS": _short_hosts(data["ALLOWED_HOSTS"])} if "ALLOWED_HOSTS" in data else {})


def _short_hosts(text: str) -> str:
    return ",".join(host for host in text.split(",") if host == "127.0.0.1" or "." not in host)


def _expanded(word: str, environment: Mapping[str, Any]) -> str:
    return re.sub(r"\$\((\w+)\)", lambda match: str(environment[match[1]]), word)


def _by_name(value: Any) -> Any:
    """Return lists of named things as maps, since their order means nothing."""
    if isinstance(value, dict):
        return {key: _by_name(inner) for key, inner in value.items()}
    if isinstance(value, list) and all(isinstance(inner, dict) and "name" in inner for inner in value):
        return {inner["name"]: _by_name(inner) for inner in value}
    if isinstance(value, list):
        return [_by_name(inner) for inner in value]
    return value
