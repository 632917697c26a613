"""Errors of version 2: always a problem, which names field, value and way out."""

import json
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.urls import Resolver404

from apps.consumers import usecases
from apps.shared.hypermedia.protocol import problems
from apps.shared.rest import MAX_BODY_BYTES
from apps.shared.values import MAX_ID
from tests.apps.shared.hypermedia.conftest import ADA, CONSUMERS, Ask


def problem(answer: Any, status: int) -> Any:
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = json.loads(answer.content)
    assert body["status"] == status
    return body


def test_a_problem_has_all_members(client: Client, db: None) -> None:
    assert problem(client.get(f"{CONSUMERS}/7"), 404) == {
        "type": "urn:postroad:problem:not_found",
        "title": "Not found",
        "status": 404,
        "detail": "There is no consumer 7.",
        "instance": f"{CONSUMERS}/7",
        "code": "not_found",
        "errors": [],
    }


def test_a_fault_names_field_value_and_way_out(register: Ask) -> None:
    body = problem(register({"name": {"firstName": 12}}), 400)

    assert body["errors"] == [
        {
            "field": "name.firstName",
            "detail": "Not a valid string.",
            "value": 12,
            "wayOut": "Give it as /openapi.json describes it.",
        },
        {"field": "name.lastName", "detail": "This field is required.", "wayOut": "Add the field."},
    ]
    assert body["detail"] == "name.firstName is not valid: Not a valid string. So are 1 more."


def test_a_rules_refusal_names_the_field_at_fault(client: Client, db: None) -> None:
    address = {"street1": "1 Main Street", "city": "Oakland", "state": "CA", "zip": "94611"}
    dish = {"id": "1", "name": "Naan", "price": "0.50"}
    body = {"name": "Ajanta", "address": address, "menu": {"menuItems": [dish, dish]}}

    found = problem(client.post("/restaurants/v2/restaurants", body, content_type="application/json"), 400)

    assert (found["code"], found["errors"][0]["field"]) == ("duplicate_menu_item", "menu.menuItems[1].id")
    assert found["errors"][0]["value"] == "1"


def test_a_long_or_strange_value_is_repeated_in_part(register: Ask) -> None:
    found = problem(register({"name": {"firstName": "\ud800" + "x" * 500, "lastName": "y"}}), 400)

    assert found["errors"][0]["value"] == "?" + "x" * 39


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        ("{", "application/json", 400, "parse_error"),
        ("a=1", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        ("1" * (MAX_BODY_BYTES + 1), "application/json", 413, "body_too_large"),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"idempotency-key": "k"}], ids=["plain", "with a key"])
def test_a_body_that_cannot_be_read_is_a_problem(
    client: Client, db: None, body: str, content_type: str, status: int, code: str, headers: dict[str, str]
) -> None:
    answer = client.post(CONSUMERS, body, content_type=content_type, headers=headers)

    assert problem(answer, status)["code"] == code


def test_another_method_is_a_problem_with_those_allowed(client: Client) -> None:
    answer = client.delete(CONSUMERS)

    assert problem(answer, 405)["code"] == "method_not_allowed"
    assert answer.headers["Allow"] == "POST, OPTIONS"


def test_options_answer_the_methods_only(client: Client) -> None:
    answer = client.options(f"{CONSUMERS}/1")

    assert (answer.status_code, answer.content, answer.headers["Allow"]) == (204, b"", "GET, HEAD, OPTIONS")


def test_a_database_that_cannot_be_used_is_a_problem(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise OperationalError("the server is starting up")

    monkeypatch.setattr(usecases, "create_consumer", fail)
    answer = client.post(CONSUMERS, ADA, content_type="application/json")

    assert problem(answer, 503)["code"] == "unavailable"
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("key", [str(MAX_ID + 1), "x", "-1", "%00", "1/2"])
def test_an_address_that_cannot_be_is_a_problem(client: Client, key: str) -> None:
    assert problem(client.get(f"{CONSUMERS}/{key}"), 404)["code"] == "not_found"


def test_an_address_without_view_is_a_problem(rf: RequestFactory) -> None:
    assert problem(problems.page_not_found(rf.get("/orders/v2/nothing"), Resolver404()), 404)
    assert problem(problems.page_not_found(rf.get("/v2/nothing"), Resolver404()), 404)


def test_defects_and_unreadable_requests_are_problems(rf: RequestFactory) -> None:
    assert problem(problems.server_error(rf.get("/v2/orders")), 500)["code"] == "defect"
    assert problem(problems.bad_request(rf.get("/v2/orders"), ValueError()), 400)["code"] == "invalid"


def test_errors_of_version_1_keep_their_form(rf: RequestFactory, client: Client, db: None) -> None:
    assert set(client.get("/consumers/v1/consumers/7").json()) == {"code", "detail", "fields"}
    missing = problems.page_not_found(rf.get("/orders/v1/nothing"), Resolver404())
    assert set(json.loads(missing.content)) == {"code", "detail", "fields"}


def test_unknown_fields_are_ignored_and_missing_optional_ones_have_defaults(client: Client, db: None) -> None:
    address = {"street1": "1 Main Street", "city": "Oakland", "state": "CA", "zip": "94611", "planet": "Earth"}
    body = {"name": "Ajanta", "address": address, "menu": {"menuItems": []}, "stars": 5}

    answer = client.post("/restaurants/v2/restaurants", body, content_type="application/json")

    assert answer.status_code == 201
    assert answer.json()["address"]["street2"] == ""
    assert "stars" not in answer.json()
