"""A number of the values is written as the number it is, however large: never as 1e+06."""

import re
from copy import deepcopy
from typing import Any

import pytest

from tests.chart.test_values import SCHEMA, VALUES, resolved
from tests.support.helm import write
from tests.support.manifests import EXAMPLES, example_values

LARGE = 1_234_567
NULL_BY_DEFAULT = {"defaults": {"migrations": {"ttlSecondsAfterFinished": 1}}}
EXPONENT = re.compile(r"\b\d(?:\.\d+)?e\+\d+")


def enlarged(schema: Any, values: Any, path: str = "") -> tuple[Any, list[str]]:
    """Return values with every number that may be large so, and the paths of those."""
    found = resolved(schema)
    if isinstance(values, dict):
        inner = {**found.get("properties", {})}
        other = found.get("additionalProperties", {})
        parts = {key: enlarged(inner.get(key, other), value, f"{path}.{key}") for key, value in values.items()}
        return {key: part for key, (part, _) in parts.items()}, [name for _, names in parts.values() for name in names]
    is_number = isinstance(values, int | float) and not isinstance(values, bool)
    if is_number and found is not True and found.get("maximum", LARGE) >= LARGE:
        return LARGE, [path]
    return values, []


def merged(base: Any, over: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {**base, **{key: merged(base.get(key), value) for key, value in over.items()}}


@pytest.mark.parametrize("example", EXAMPLES)
def test_no_number_becomes_an_exponent(example: str) -> None:
    given = merged(merged(deepcopy(VALUES), NULL_BY_DEFAULT), example_values(example))
    values, paths = enlarged(SCHEMA, given)

    files = write(values)

    assert {".defaults.migrations.waitSeconds", ".defaults.worker.heartbeatSeconds", ".monitoring.rules.outboxAge"} <= {
        *paths
    }
    assert {path: hit for path, text in files.items() if (hit := EXPONENT.findall(text))} == {}
