"""values.yaml, its schema and its README say the same; values that cannot work are refused by name."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.support.helm import CHART, Refused, render
from tests.support.manifests import DEV, EXAMPLES, example_values

sys.path.insert(0, str(CHART.parent.parent / "scripts"))
import chart_readme

SCHEMA = json.loads((CHART / "values.schema.json").read_text())
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
TEXT = (CHART / "values.yaml").read_text()
PARTIAL = ("defaults.image", "defaults.web.pod", "defaults.worker.pod", "defaults.relay.pod", "defaults.grpc.pod")
"""Empty in values.yaml: what they may hold stands elsewhere in it (image, defaults.pod)."""


def resolved(schema: Any) -> Any:
    return SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def schema_paths(schema: Any, prefix: str = "") -> Iterator[str]:
    for key, found in resolved(schema).get("properties", {}).items():
        path = f"{prefix}{key}"
        yield path
        if path not in PARTIAL:
            yield from schema_paths(found, f"{path}.")


def value_paths(schema: Any, values: Any, prefix: str = "") -> Iterator[str]:
    for key, found in resolved(schema).get("properties", {}).items():
        if isinstance(values, dict) and key in values:
            yield f"{prefix}{key}"
            yield from value_paths(found, values[key], f"{prefix}{key}.")


def open_objects(schema: Any, path: str) -> Iterator[str]:
    if schema.get("properties") and schema.get("additionalProperties") is not False:
        yield path
    for key, found in [*schema.get("properties", {}).items(), *schema.get("$defs", {}).items()]:
        yield from open_objects(found, f"{path}.{key}")


def test_every_key_of_the_schema_is_in_the_values() -> None:
    missing = set(schema_paths(SCHEMA)) - set(value_paths(SCHEMA, VALUES))

    assert missing == {
        *(f"{place}.resources.claims" for place in _WITH_RESOURCES),
    }


_WITH_RESOURCES = (
    "defaults.migrations",
    "defaults.web",
    "defaults.worker",
    "defaults.relay",
    "defaults.grpc",
    "dev.postgresql",
    "dev.rabbitmq",
)


def test_no_object_of_the_schema_takes_unknown_keys() -> None:
    assert list(open_objects(SCHEMA, "values")) == []


def test_every_key_of_the_values_has_a_comment() -> None:
    assert chart_readme.untold(chart_readme.read_keys(TEXT)) == []


def test_a_key_without_comment_is_found() -> None:
    assert chart_readme.untold(chart_readme.read_keys("# told\na: 1\nb:\n  c: 2\n")) == ["b"]


def test_the_table_of_the_readme_is_up_to_date() -> None:
    readme = (CHART / "README.md").read_text()

    assert chart_readme.renew(readme, TEXT) == readme, "run: python scripts/chart_readme.py"


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"replcas": 3}, "replcas"),
        ({"dev": {"enabled": True, "postgres": {}}}, "postgres"),
        ({"defaults": {"web": {"replica": 1}}}, "replica"),
        ({"services": {"orders": {"wrker": {}}}}, "wrker"),
        ({"services": {"Orders": {}}}, "Orders"),
        ({"services": {"admin": {}}}, "admin"),
        ({"services": {"orders": {"database": {"keys": {"username": "user"}}}}}, "username"),
    ],
)
def test_an_unknown_key_is_refused_by_name(values: dict[str, Any], key: str) -> None:
    with pytest.raises(Refused, match=key):
        render({**DEV, **values})


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"dev": {"enabled": "yes"}}, "dev/enabled"),
        ({"image": {"pullPolicy": "Sometimes"}}, "image/pullPolicy"),
        ({"image": {"tag": 1.2}}, "image/tag"),
        ({"image": {"digest": "latest"}}, "image/digest"),
        ({"log": {"level": "loud"}}, "log/level"),
        ({"discovery": {"mode": "magic"}}, "discovery/mode"),
        ({"defaults": {"worker": {"concurrency": 0}}}, "defaults/worker/concurrency"),
        ({"defaults": {"web": {"replicas": "2"}}}, "defaults/web/replicas"),
        ({"defaults": {"settings": {"CALL_ATTEMPTS": [1]}}}, "defaults/settings/CALL_ATTEMPTS"),
        ({"services": {"orders": {"migrations": {"mode": "sometimes"}}}}, "services/orders/migrations/mode"),
    ],
)
def test_a_wrong_type_is_refused_with_its_place(values: dict[str, Any], key: str) -> None:
    with pytest.raises(Refused, match=key):
        render({"dev": {"enabled": True}} | values)


@pytest.mark.parametrize(
    ("gone", "key"),
    [
        (("database", "host"), r"database\.host is missing: set defaults\.database\.host"),
        (("database", "user"), r"database\.user is missing"),
        (("database", "existingSecret"), r"database\.password is missing.*dev\.enabled=true"),
        (("broker", "host"), r"broker\.host is missing: set defaults\.broker\.host"),
        (("broker", "existingSecret"), r"broker\.password is missing"),
        (("secretKey", "existingSecret"), r"secretKey is missing: set defaults\.secretKey\.existingSecret"),
    ],
)
def test_what_production_misses_is_named_with_the_way_out(gone: tuple[str, str], key: str) -> None:
    values = example_values("production")
    del values["defaults"][gone[0]][gone[1]]

    with pytest.raises(Refused, match=key):
        render(values)


def test_no_values_at_all_are_refused_with_the_way_to_a_first_try() -> None:
    with pytest.raises(Refused, match=r"dev\.enabled=true"):
        render({})


def test_two_autoscalers_of_one_role_are_refused() -> None:
    worker = {"hpa": {"enabled": True, "cpu": 50}, "keda": {"enabled": True}}

    with pytest.raises(Refused, match=r"worker\.hpa\.enabled and .*worker\.keda\.enabled.*services: orders"):
        render({**DEV, "services": {"orders": {"worker": worker}}})


@pytest.mark.parametrize(
    ("worker", "key"),
    [
        ({"hpa": {"enabled": True}}, r"worker\.hpa has nothing to scale by"),
        ({"keda": {"enabled": True, "rabbitmq": {"enabled": False}}}, r"worker\.keda has nothing to scale by"),
        ({"keda": {"enabled": True, "prometheus": {"enabled": True}}}, r"keda\.prometheus\.serverAddress is missing"),
    ],
)
def test_an_autoscaler_without_a_signal_is_refused(worker: dict[str, Any], key: str) -> None:
    with pytest.raises(Refused, match=key):
        render({**DEV, "services": {"orders": {"worker": worker}}})


def test_an_ingress_without_host_is_refused() -> None:
    with pytest.raises(Refused, match=r"ingress\.host"):
        render({**DEV, "ingress": {"enabled": True}})


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_notes_have_the_commands_with_the_names_of_the_release(name: str) -> None:
    notes = render(example_values(name)).notes

    assert "kubectl --namespace town port-forward service/shop-gateway 8000:80" in notes
    assert "helm test shop --namespace town" in notes or name == "all-on"
    assert "manage.py doctor" in notes


def test_the_notes_of_dev_mode_warn() -> None:
    assert "WARNING: dev.enabled=true" in render(DEV).notes
    assert "WARNING" not in render(example_values("production")).notes
