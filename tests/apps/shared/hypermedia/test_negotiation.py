"""Which version an address answers in."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import path
from hypothesis import example, given
from hypothesis import strategies as some
from pytest_django import Settings

from apps.shared.hypermedia.protocol.deprecation import Deprecation
from apps.shared.hypermedia.protocol.negotiation import choose, names_version
from apps.shared.hypermedia.serving import served
from tests.apps.shared.hypermedia.conftest import CONSUMERS, Ask

ANY = "/consumers/consumers"
ORDER = "application/vnd.postroad.order+json"
CONSUMER = "application/vnd.postroad.consumer+json"


@pytest.mark.parametrize(
    ("accept", "version", "media_type"),
    [
        ("", 2, "application/json"),
        ("*/*", 2, "application/json"),
        ("application/*;q=0.1", 2, "application/json"),
        (ORDER, 2, f"{ORDER}; version=2"),
        (f"{ORDER}; version=1", 1, f"{ORDER}; version=1"),
        (f'{ORDER};version="1"', 1, f"{ORDER}; version=1"),
        (f"{ORDER}; version=9, application/json;q=0.5", 2, "application/json"),
        (f"application/json;q=0.5, {ORDER}; version=1", 1, f"{ORDER}; version=1"),
        (f"{ORDER}; version=1;q=0, */*", 2, "application/json"),
    ],
)
def test_the_best_range_decides(accept: str, version: int, media_type: str) -> None:
    wanted = choose(accept, name="order", versions=[1, 2])

    assert wanted is not None
    assert (wanted.version, wanted.media_type) == (version, media_type)


@pytest.mark.parametrize(
    "accept",
    [
        "text/xml",
        f"{ORDER}; version=3",
        f"{ORDER}; version=x",
        "application/vnd.postroad.ticket+json",
        "*/*;q=0",
        ";;,",
    ],
)
def test_what_cannot_be_answered_is_not_chosen(accept: str) -> None:
    assert choose(accept, name="order", versions=[1, 2]) is None


@given(some.text(alphabet=some.characters(max_codepoint=255, exclude_categories=["Cc"])))
@example("a/b; version*=foo''x")
@example(f"{ORDER}; version*0=1; q*=x")
def test_any_text_is_read(accept: str) -> None:
    choose(accept, name="order", versions=[1, 2])
    names_version(accept, name="order")


def at(client: Client, address: str, accept: str) -> Any:
    return client.get(address, headers={"accept": accept})


def test_without_version_the_newest_answers(client: Client, ada: str) -> None:
    answer = at(client, ada.replace("/v2", ""), "*/*")

    assert answer.json() == client.get(ada).json()
    assert (answer["Content-Type"], answer["Vary"]) == ("application/json", "Accept")


@pytest.mark.parametrize("version", [1, 2])
def test_the_version_asked_for_answers_in_its_own_type(client: Client, ada: str, version: int) -> None:
    answer = at(client, ada.replace("/v2", ""), f"{CONSUMER}; version={version}")

    assert answer.json() == client.get(ada.replace("v2", f"v{version}")).json()
    assert answer["Content-Type"] == f"{CONSUMER}; version={version}"


def test_a_post_without_version_is_negotiated_too(client: Client, register: Ask) -> None:
    assert register(address=ANY).status_code == 201
    assert register(address=ANY, accept=f"{CONSUMER}; version=1").json().keys() == {"consumerId"}


@pytest.mark.parametrize("address", [ANY, CONSUMERS, CONSUMERS.replace("2", "1")])
def test_a_version_that_is_not_there_is_a_problem_with_those_that_are(client: Client, db: None, address: str) -> None:
    answer = at(client, f"{address}/1", f"{CONSUMER}; version=3")

    assert (answer.status_code, answer["Content-Type"]) == (406, "application/problem+json")
    assert f"{CONSUMER}; version=" in answer.json()["detail"]


def test_the_path_wins_over_a_general_accept_and_contradicts_another_version(client: Client, ada: str) -> None:
    assert at(client, ada, f"{CONSUMER}; version=1").status_code == 406
    assert at(client, ada, f"{CONSUMER}; version=1, */*;q=0.1").status_code == 200
    assert at(client, ada.replace("v2", "v1"), f"{CONSUMER}; version=2").status_code == 406
    assert at(client, ada.replace("v2", "v1"), f"{CONSUMER}; version=1")["Content-Type"] == f"{CONSUMER}; version=1"


def test_version_1_answers_in_json_whatever_is_accepted_and_version_2_does_not(client: Client, ada: str) -> None:
    assert at(client, ada.replace("v2", "v1"), "text/xml").status_code == 200
    assert at(client, ada, "text/xml").status_code == 406


def test_no_version_is_deprecated_by_default(client: Client, ada: str) -> None:
    assert "Deprecation" not in client.get(ada.replace("v2", "v1")).headers


def test_a_deprecated_version_says_when_it_ends_and_what_follows(client: Client, ada: str, settings: Settings) -> None:
    ends = Deprecation(since=datetime(2026, 1, 1, tzinfo=UTC), sunset=datetime(2027, 1, 1, tzinfo=UTC))
    settings.DEPRECATED_API_VERSIONS = {1: ends}

    answer = client.get(ada.replace("v2", "v1"))

    assert answer["Deprecation"] == "@1767225600"
    assert answer["Sunset"] == "Fri, 01 Jan 2027 00:00:00 GMT"
    assert answer["Link"] == f'<{ada}>; rel="successor-version"'
    assert "Deprecation" not in client.get(ada).headers


def test_a_deprecated_version_is_marked_in_the_document(client: Client, settings: Settings) -> None:
    def operations() -> dict[str, Any]:
        paths = client.get("/consumers/openapi.json").json()["paths"]
        return {path: operation for path, found in paths.items() for operation in found.values()}

    assert not any("deprecated" in operation for operation in operations().values())
    ends = Deprecation(since=datetime(2026, 1, 1, tzinfo=UTC), sunset=datetime(2027, 1, 1, tzinfo=UTC))
    settings.DEPRECATED_API_VERSIONS = {1: ends}

    assert {path: operation.get("x-sunset") for path, operation in operations().items()} == {
        path: "2027-01-01T00:00:00+00:00" if "/v1/" in path else None for path in operations()
    }
    assert all(("/v1/" in path) == operation.get("deprecated", False) for path, operation in operations().items())


def test_a_route_without_version_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="begins with its version"):
        served("orders", [path("orders", lambda request: None)])  # type: ignore[arg-type, return-value]  # never called
