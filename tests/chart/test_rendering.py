"""Every example renders, lints and fits the schemas; the same values make the same text."""

import pytest

from tests.support.helm import fault, lint, render, write
from tests.support.manifests import DEV, EXAMPLES, example, example_values, identities, of_kind

OLDEST, NEWEST = "1.27", "1.36"
CASES = [*((name, NEWEST) for name in EXAMPLES), *(("all-on", version) for version in (OLDEST, "1.30", "1.33"))]
FOREIGN = {"HTTPRoute", "PodMonitor", "PrometheusRule", "ScaledObject", "TriggerAuthentication"}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kubernetes"), CASES)
def test_an_example_has_nothing_that_strict_linting_minds(name: str, kubernetes: str) -> None:
    assert lint(example_values(name), kubernetes=kubernetes) == []


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kubernetes"), CASES)
def test_every_object_fits_the_schema_of_the_kubernetes_version(name: str, kubernetes: str) -> None:
    assert [text for text in (fault(found, kubernetes=kubernetes) for found in example(name).objects) if text] == []


def test_only_the_known_foreign_kinds_have_no_schema() -> None:
    foreign = {found["kind"] for found in example("all-on").objects if "." in found["apiVersion"].partition("/")[0]}

    assert foreign - {"NetworkPolicy", "Ingress", "Role", "RoleBinding"} == FOREIGN


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_same_values_make_the_same_text(name: str) -> None:
    assert write(example_values(name)) == write(example_values(name))


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_upgrade_writes_what_an_install_writes(name: str) -> None:
    install = write(example_values(name))
    upgrade = write(example_values(name), is_install=False, is_upgrade=True)

    assert [path for path in install if upgrade[path] != install[path] and not path.endswith("NOTES.txt")] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_object_is_written_twice(name: str) -> None:
    found = identities(example(name))

    assert sorted(found) == sorted(set(found))


def test_two_releases_share_no_name() -> None:
    one = identities(render(DEV, release="shop"))
    other = identities(render(DEV, release="shop-two"))

    assert set(one) & set(other) == set()


def test_two_long_release_names_with_the_same_beginning_share_no_name() -> None:
    one = identities(render(DEV, release="a-release-with-a-very-long-name-number-one"))
    other = identities(render(DEV, release="a-release-with-a-very-long-name-number-two"))

    assert set(one) & set(other) == set()


def test_names_fit_into_63_characters_even_for_the_longest_release_and_service() -> None:
    with_longest = render({**DEV, "services": {"a_service_of20_chars": {}}}, release="r" * 53)

    assert [name for name in identities(with_longest) if len(name.partition(" ")[2]) > 63] == []


def test_dev_mode_needs_no_other_value_and_runs_every_service() -> None:
    rendered = render(DEV)

    roles = {found["metadata"]["name"] for found in of_kind(rendered, "Deployment")}
    assert {f"shop-{service}-web" for service in ("orders", "order-history", "gateway")} <= roles
    assert len(roles) == 7 * 3 + 3 + 1
    assert {found["metadata"]["name"] for found in of_kind(rendered, "StatefulSet")} == {
        "shop-postgresql",
        "shop-rabbitmq",
    }


def test_nothing_of_dev_mode_is_in_production() -> None:
    rendered = example("production")

    assert of_kind(rendered, "StatefulSet") == []
    assert "dev-only" not in str(rendered.objects)
