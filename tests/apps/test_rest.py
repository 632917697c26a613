"""What all REST APIs share: strict JSON in, one form of error out."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.test.client import FakePayload
from django.urls import Resolver404
from hypothesis import given
from hypothesis import strategies as some

from apps.orders import usecases
from apps.shared.rest import MAX_BODY_BYTES, page_not_found
from apps.shared.values import MAX_ID, MAX_MONEY, cents
from postroad.messaging.models import OutboxMessage

URL = "/restaurants/v1/restaurants"
AJANTA = {
    "name": "Ajanta",
    "address": {"street1": "1 Main Street", "city": "Oakland", "state": "CA", "zip": "94611"},
    "menu": {"menuItems": []},
}


def post(client: Client, body: bytes | str, content_type: str = "application/json", **extra: Any) -> Any:
    return client.post(URL, body, content_type=content_type, **extra)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        '{"name": NaN}',
        '{"name": Infinity}',
        b'{"name": "\xff"}',
        b"\xef\xbb\xbf{}",
        "1" * 5000,
        '{"price": 1e99999999999999999999}',
        "[" * 33 + "]" * 33,
        "[" * 400_000,
        '{"a":' * 500 + "1" + "}" * 500,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_no_json_is_refused_in_a_sentence(client: Client, body: bytes | str) -> None:
    answer = client.generic("POST", URL, body, content_type="application/json")

    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "detail", "fields"}


@pytest.mark.parametrize("body", ["null", "[]", "1", '"text"', "true", "[" * 32 + "]" * 32])
def test_a_body_that_is_no_object_is_refused(client: Client, body: str) -> None:
    answer = post(client, body)

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert answer.json()["fields"] == {}


def test_a_body_beyond_the_limit_is_refused(client: Client) -> None:
    answer = post(client, b" " * (MAX_BODY_BYTES + 1))

    assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"
    assert str(MAX_BODY_BYTES) in answer.json()["detail"]


def test_a_body_that_breaks_off_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> bytes:
        raise OSError("reset by peer")

    monkeypatch.setattr(FakePayload, "read", broken)

    assert post(client, "{}").status_code == 400


def test_a_body_of_another_type_is_refused(client: Client) -> None:
    answer = post(client, "a=1", content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported_media_type"


def test_a_charset_of_the_type_is_taken_for_utf_8(client: Client, db: None) -> None:
    assert post(client, json.dumps(AJANTA), content_type="application/json; charset=utf-8").status_code == 200


def test_another_method_is_refused_with_those_allowed(client: Client) -> None:
    answer = client.delete(URL)

    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"
    assert answer.headers["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_an_answer_is_json_whatever_is_accepted(client: Client, db: None) -> None:
    answer = client.get(f"{URL}/1?format=xml", headers={"accept": "text/xml"})

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/json"


def test_the_largest_id_is_only_not_there(client: Client, db: None) -> None:
    assert client.get(f"{URL}/{MAX_ID}").json()["code"] == "not_found"


@pytest.mark.parametrize("key", [str(MAX_ID + 1), "9" * 19, "9" * 5000, "x", "-1", "1.0", "%00", "%FF", "1%0A"])
def test_an_id_beyond_all_ids_is_not_there(client: Client, key: str) -> None:
    assert client.get(f"{URL}/{key}").status_code == 404


def test_an_address_without_view_has_the_same_form_of_error(rf: RequestFactory) -> None:
    answer = page_not_found(rf.get("/nowhere"), Resolver404())

    assert answer.status_code == 404
    assert set(json.loads(answer.content)) == {"code", "detail", "fields"}


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\udfff x"])
def test_text_that_a_database_cannot_store_is_refused(client: Client, text: str) -> None:
    body = json.dumps(AJANTA).replace("Ajanta", text)

    assert list(post(client, body).json()["fields"]) == ["name"]


def test_a_lone_surrogate_as_a_name_is_ignored_like_any_unknown_name(client: Client, db: None) -> None:
    body = json.dumps({**AJANTA, "surrogate": 1}).replace("surrogate", "\\ud800")

    assert post(client, body).status_code == 200


def test_a_database_that_cannot_be_used_is_no_defect(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise OperationalError("the server is starting up")

    monkeypatch.setattr(usecases, "own", fail)

    answer = client.get("/orders/v1/orders/1")

    assert answer.status_code == 503
    assert answer.json()["code"] == "unavailable"


@pytest.mark.parametrize(
    ("given", "kept"),
    [("00-" + "a" * 32 + "-" + "b" * 16 + "-01", True), ("00-1-2-01", False), ("x" * 10_000, False)],
)
def test_a_trace_is_passed_on_only_in_its_standard_form(client: Client, db: None, given: str, *, kept: bool) -> None:
    post(client, json.dumps(AJANTA), headers={"traceparent": given})

    assert (OutboxMessage.objects.get().headers.get("traceparent") == given) is kept


@given(some.decimals(min_value=-MAX_MONEY, max_value=MAX_MONEY, places=2))
def test_an_amount_in_cents_is_kept(amount: Decimal) -> None:
    assert cents(amount) == amount
    assert cents(amount).as_tuple().exponent == -2


@given(some.decimals(min_value=-MAX_MONEY, max_value=MAX_MONEY, places=3).filter(lambda each: each * 1000 % 10))
def test_an_amount_finer_than_a_cent_is_refused(amount: Decimal) -> None:
    with pytest.raises(ValueError, match="fractions of a cent"):
        cents(amount)


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "-Infinity", "1e999999", "10000000000.00"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount of money"):
        cents(Decimal(text))
