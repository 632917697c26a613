"""What every request passes: ids, CORS, sizes, rates, roles; and that nothing garbled meets a defect."""

import logging

import pytest
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as some
from pytest_django import Settings as DjangoSettings

from apps.gateway import limits
from apps.gateway.edge import client_address
from apps.gateway.limits import TokenBuckets
from postroad.context import Current, working
from postroad.logs import LineFormatter

SHOP, STAFF = "s" * 16, "t" * 16
KEYS = f"shop:{SHOP}:consumer office:{STAFF}:staff+courier"


@pytest.fixture(autouse=True)
def full_buckets() -> None:
    limits._buckets.clear()


def test_a_sane_request_id_is_taken_over(client: Client) -> None:
    assert client.get("/graphql", headers={"x-request-id": "abc-1"})["X-Request-Id"] == "abc-1"


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "<script>", "\u00e9", "a\tb"])
def test_another_request_id_is_replaced(client: Client, given: str) -> None:
    made = client.get("/graphql", headers={"x-request-id": given})["X-Request-Id"]

    assert made != given
    assert len(made) == 36


def test_a_refused_request_has_an_id_too(client: Client) -> None:
    assert len(client.get("/v1/nowhere")["X-Request-Id"]) == 36


def test_the_request_id_is_in_every_line_of_the_log() -> None:
    record = logging.LogRecord("x", logging.INFO, "f", 1, "call failed", (), None)
    with working(Current(request_id="r-1")):
        line = LineFormatter().format(record)

    assert line.endswith("call failed request_id=r-1")


def test_no_origin_is_allowed_unless_it_is_listed(client: Client, settings: DjangoSettings) -> None:
    settings.GATEWAY = {"CORS_ORIGINS": "https://shop.example, https://app.example"}

    listed = client.get("/graphql", headers={"origin": "https://app.example"})
    stranger = client.get("/graphql", headers={"origin": "https://evil.example"})

    assert listed["Access-Control-Allow-Origin"] == "https://app.example"
    assert "ETag" in listed["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Origin" not in stranger
    assert (listed["Vary"], stranger["Vary"]) == ("Origin", "Origin")


def test_by_default_cors_says_nothing(client: Client) -> None:
    answer = client.get("/graphql", headers={"origin": "https://app.example"})

    assert "Vary" not in answer
    assert "Access-Control-Allow-Origin" not in answer


def test_a_preflight_is_answered_without_a_key(client: Client, settings: DjangoSettings) -> None:
    settings.GATEWAY = {"CORS_ORIGINS": "https://app.example", "AUTH": "api_key", "API_KEYS": KEYS}
    asked = {"origin": "https://app.example", "access-control-request-method": "POST"}

    answer = client.options("/v1/orders", headers=asked)
    refused = client.options("/v1/orders", headers={**asked, "origin": "https://evil.example"})

    assert answer.status_code == 204
    assert "POST" in answer["Access-Control-Allow-Methods"]
    assert "Idempotency-Key" in answer["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Methods" not in refused


def test_a_body_beyond_the_limit_is_refused(client: Client, settings: DjangoSettings) -> None:
    settings.GATEWAY = {"BODY_BYTES": 10}

    answer = client.post("/v1/orders", b"x" * 11, content_type="application/json")

    assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"
    assert "10 bytes" in answer.json()["detail"]


def test_tokens_are_taken_and_come_back_with_time() -> None:
    now = 0.0
    buckets = TokenBuckets(rate_per_second=2.0, burst=3, clock=lambda: now)

    at_once = [buckets.take("ada") for _ in range(4)]
    now = 0.5
    later = [buckets.take("ada") for _ in range(2)]

    assert at_once == [0, 0, 0, 0.5]
    assert later == [0, 0.5]


def test_each_client_has_a_bucket_and_only_so_many_are_kept() -> None:
    buckets = TokenBuckets(rate_per_second=1.0, burst=1, clock=lambda: 0.0, maximum=2)

    taken = [buckets.take(client) for client in ("a", "b", "a", "c", "b")]

    assert taken == [0, 0, 1, 0, 0]


def test_a_client_beyond_its_rate_is_told_when_to_come_back(client: Client, settings: DjangoSettings) -> None:
    settings.GATEWAY = {"RATE_PER_SECOND": 0.01, "RATE_BURST": 2}

    statuses = [client.get("/graphql").status_code for _ in range(2)]
    answer = client.get("/graphql")
    other = client.get("/graphql", REMOTE_ADDR="10.0.0.9")

    assert (statuses, answer.status_code, other.status_code) == ([200, 200], 429, 200)
    assert 90 <= int(answer["Retry-After"]) <= 100
    assert answer.json()["code"] == "too_many_requests"


def test_guessing_keys_uses_the_guessers_rate_up(client: Client, settings: DjangoSettings) -> None:
    settings.GATEWAY = {"RATE_PER_SECOND": 0.01, "RATE_BURST": 2, "AUTH": "api_key", "API_KEYS": KEYS}

    statuses = [client.get("/graphql", headers={"x-api-key": f"guess {n}"}).status_code for n in range(3)]
    known = client.get("/graphql", headers={"x-api-key": SHOP})

    assert statuses == [401, 401, 429]
    assert known.status_code == 200


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "1.1.1.1", "9.9.9.9"),
        (1, "1.1.1.1, 2.2.2.2", "2.2.2.2"),
        (2, "1.1.1.1, 2.2.2.2", "1.1.1.1"),
        (3, "1.1.1.1, 2.2.2.2", "9.9.9.9"),
        (1, "", "9.9.9.9"),
    ],
)
def test_an_address_is_believed_only_from_trusted_proxies(
    rf: RequestFactory, settings: DjangoSettings, proxies: int, forwarded: str, address: str
) -> None:
    settings.GATEWAY = {"TRUSTED_PROXIES": proxies}

    request = rf.get("/graphql", headers={"x-forwarded-for": forwarded}, REMOTE_ADDR="9.9.9.9")

    assert client_address(request) == address


def test_health_needs_no_key(client: Client, settings: DjangoSettings, db: None) -> None:
    settings.GATEWAY = {"AUTH": "api_key", "API_KEYS": KEYS, "RATE_PER_SECOND": 0.01, "RATE_BURST": 1}

    assert [client.get(path).status_code for path in ("/livez", "/readyz", "/livez")] == [200, 200, 200]


PATHS = some.sampled_from(
    [
        "/v1/orders",
        "/v1/orders/1",
        "/v2/orders/1",
        "/v1/consumers/x",
        "/v1/%00",
        "/v1/",
        "/v3/orders",
        "/graphql",
        "/model.json",
    ]
)
METHODS = some.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "NONSENSE"])
LATIN = some.text(some.characters(max_codepoint=255), max_size=20)  # what a WSGI server hands over
TYPES = some.sampled_from(["application/json", "application/x-www-form-urlencoded", "multipart/form-data", "x", ""])


@pytest.mark.django_db(transaction=True)  # a call in process ends as a request does: with a look at the connections
@given(method=METHODS, path=PATHS, body=some.binary(max_size=60), kind=TYPES, query=LATIN)
@hypothesis(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_meets_a_defect(method: str, path: str, body: bytes, kind: str, query: str) -> None:
    answer = Client().generic(method, path, body, content_type=kind, QUERY_STRING=query)

    assert answer.status_code < 500
