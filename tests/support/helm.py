"""Helm and the schemas of Kubernetes, without a cluster.

All use of the two bindings is here, so that a `helm` program could take their place.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

_WHY = "Helm without a cluster needs the wheels helm-python-sdk and kubernetes-validate (Linux x86-64, macOS, Windows)"
helm = pytest.importorskip("helm_python", reason=_WHY)

CHART = Path(__file__).resolve().parent.parent.parent / "helm" / "postroad"
Refused = helm.HelmError


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What a release would be: every object, hooks and tests too, and the notes.  Shared by tests: read it only."""

    objects: list[dict[str, Any]]
    notes: str


def write(values: Mapping[str, Any], *, release: str = "shop", **options: bool) -> dict[str, str]:
    """Return the text of each template; a handle is used once, since rendering may change it."""
    with helm.Chart.load(CHART) as chart:
        return dict(chart.render(values, name=release, namespace="town", **options))


def render(values: Mapping[str, Any], *, release: str = "shop") -> Rendered:
    """Render the chart into the namespace `town`."""
    return _rendered(json.dumps(values), release)


@lru_cache
def _rendered(values: str, release: str) -> Rendered:
    files = write(json.loads(values), release=release)
    notes = next(files.pop(path) for path in list(files) if path.endswith("NOTES.txt"))
    documents = (_document(text) for file in files.values() for text in re.split(r"^---$", file, flags=re.MULTILINE))
    return Rendered(objects=[found for found in documents if found], notes=notes)


@cache
def _document(text: str) -> Any:
    """Read one object; most of them are the same in all renderings."""
    return yaml.load(text, Loader=yaml.CSafeLoader)


def lint(values: Mapping[str, Any], *, kubernetes: str) -> list[str]:
    """Return what strict linting finds wrong; the advice to have an icon is none."""
    report = helm.lint(CHART, values, strict=True, kube_version=f"{kubernetes}.0", namespace="town")
    return [message["error"] for message in report["messages"] if message["severity"] > 1] + report["errors"]


def fault(found: Mapping[str, Any], *, kubernetes: str) -> str:
    """Return why an object does not fit a Kubernetes version's schema; nothing if it does, or is not of Kubernetes."""
    schemas = _schemas()
    try:
        schemas.validate(found, kubernetes, strict=True)
    except schemas.SchemaNotFoundError:
        return ""
    except schemas.ValidationError as error:
        return f"{found['kind']} {found['metadata']['name']}: {error}"
    return ""


@lru_cache
def _schemas() -> Any:
    """Load the validator when an object is first checked (it takes over a second), and let it read each schema once."""
    module = pytest.importorskip("kubernetes_validate", reason=_WHY)
    module.utils.schema_contents = cache(module.utils.schema_contents)
    return module
