"""What every request passes: ids, CORS, sizes, rates, roles; and that nothing garbled meets a defect."""

import asyncio
import json
import logging
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as django_settings
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as some
from pytest_django import Settings as DjangoSettings

from apps.gateway import auth, limits, oidc
from apps.gateway.conf import LINES, Settings, problems
from apps.gateway.edge import client_address
from apps.gateway.limits import TokenBuckets
from postroad.context import Current, working
from postroad.runtime.logs import LineFormatter

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
    buckets = TokenBuckets(rate_per_second=1.0, burst=1, clock=lambda: 0.0, most=2)

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


@pytest.mark.parametrize("key", ["", "x", SHOP[:-1], SHOP + "s", "\u00e9", f"shop:{SHOP}"])
def test_without_a_known_key_nobody_passes(client: Client, settings: DjangoSettings, key: str) -> None:
    settings.GATEWAY = {"AUTH": "api_key", "API_KEYS": KEYS}

    answer = client.get("/v1/orders/1", headers={"x-api-key": key})

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'ApiKey realm="postroad"'
    assert answer["Content-Type"] == "application/problem+json"


MAY = {
    ("consumer", "GET"): {"orders", "consumers", "restaurants", "deliveries", "bills", "graphql", "model.json"},
    ("consumer", "POST"): {"orders", "consumers", "graphql", "model.json"},
    ("restaurant", "GET"): {"restaurants", "tickets", "deliveries", "model.json"},
    ("restaurant", "PUT"): {"restaurants", "tickets", "model.json"},
    ("courier", "GET"): {"restaurants", "deliveries", "couriers", "model.json"},
    ("courier", "POST"): {"deliveries", "couriers", "model.json"},
    ("staff", "GET"): set(auth.ROLES),
    ("staff", "DELETE"): set(auth.ROLES),
    ("stranger", "GET"): set[str](),
}


@pytest.mark.parametrize(("role", "method"), MAY)
def test_roles_decide_what_may_be_done(role: str, method: str) -> None:
    caller = auth.Caller(name="x", roles=frozenset({role}))

    assert {resource for resource in auth.ROLES if caller.may(method, resource)} == MAY[role, method]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_without_authentication_everybody_may_do_everything(method: str) -> None:
    assert all(auth.ANYBODY.may(method, resource) for resource in auth.ROLES)


def test_a_role_that_is_missing_is_named(client: Client, settings: DjangoSettings) -> None:
    settings.GATEWAY = {"AUTH": "api_key", "API_KEYS": KEYS}

    answer = client.post("/v1/tickets/1/accept", b"{}", content_type="application/json", headers={"x-api-key": SHOP})

    assert answer.status_code == 403
    assert answer.json()["detail"] == "POST on tickets needs one of the roles: restaurant, staff."


def test_health_needs_no_key(client: Client, settings: DjangoSettings, db: None) -> None:
    settings.GATEWAY = {"AUTH": "api_key", "API_KEYS": KEYS, "RATE_PER_SECOND": 0.01, "RATE_BURST": 1}

    assert [client.get(path).status_code for path in ("/livez", "/readyz", "/livez")] == [200, 200, 200]


KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())
GIVEN = Settings(
    auth="oidc", oidc_issuer="https://id.example", oidc_audience="postroad", oidc_jwks_url="https://id.example/jwks"
)
FUTURE = 4_000_000_000
CLAIMS = {"sub": "ada", "iss": "https://id.example", "aud": "postroad", "exp": FUTURE, "roles": ["consumer"]}


def jwks(key: ec.EllipticCurvePrivateKey, key_id: str = "k1") -> dict[str, Any]:
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    return {"keys": [{**public, "kid": key_id, "use": "sig", "alg": "ES256"}]}


def token(claims: dict[str, Any] = CLAIMS, *, key: Any = KEY, key_id: str = "k1", algorithm: str = "ES256") -> str:
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": key_id})


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch, settings: DjangoSettings) -> oidc.IssuerKeys:
    keys = oidc.IssuerKeys(lambda: jwks(KEY))
    monkeypatch.setattr(oidc, "issuer_keys", lambda url: keys)
    settings.GATEWAY = {
        "AUTH": "oidc",
        "OIDC_ISSUER": GIVEN.oidc_issuer,
        "OIDC_AUDIENCE": GIVEN.oidc_audience,
        "OIDC_JWKS_URL": GIVEN.oidc_jwks_url,
    }
    return keys


def with_token(client: Client, value: str, path: str = "/graphql") -> Any:
    return client.get(path, headers={"authorization": f"Bearer {value}"})


def test_a_token_of_the_issuer_passes(client: Client, issuer: oidc.IssuerKeys) -> None:
    assert with_token(client, token()).status_code == 200


def test_the_tokens_roles_count(client: Client, issuer: oidc.IssuerKeys) -> None:
    assert with_token(client, token(), "/v1/accounts/1").status_code == 403


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="none"),
        pytest.param("x.y.z", id="garbage"),
        pytest.param("\u00e9", id="no ascii"),
        pytest.param(token({**CLAIMS, "exp": 1}), id="expired"),
        pytest.param(token({**CLAIMS, "iss": "https://evil.example"}), id="other issuer"),
        pytest.param(token({**CLAIMS, "aud": "other"}), id="other audience"),
        pytest.param(token({name: CLAIMS[name] for name in ("sub", "iss", "aud")}), id="endless"),
        pytest.param(token({**CLAIMS, "nbf": FUTURE}), id="not yet"),
        pytest.param(token(key=OTHER), id="other key"),
        pytest.param(token(key_id="k2"), id="unknown key"),
        pytest.param(token(key=None, algorithm="none"), id="unsigned"),
        pytest.param(token(key="x" * 32, algorithm="HS256"), id="shared secret"),
    ],
)
def test_any_other_token_does_not_pass(client: Client, issuer: oidc.IssuerKeys, value: str) -> None:
    answer = with_token(client, value)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith('Bearer realm="postroad"')


@pytest.mark.parametrize(
    ("path", "claims", "roles"),
    [
        ("roles", {"roles": ["a", "b"]}, {"a", "b"}),
        ("realm_access.roles", {"realm_access": {"roles": ["a"]}}, {"a"}),
        ("scope", {"scope": "a b"}, {"a", "b"}),
        ("roles", {}, set()),
        ("roles.x", {"roles": ["a"]}, set()),
        ("roles", {"roles": 5}, set()),
    ],
)
def test_roles_are_read_from_the_claim_that_the_setting_names(
    path: str, claims: dict[str, Any], roles: set[str]
) -> None:
    assert oidc._roles(claims, path) == roles


async def _keys(issuer: oidc.IssuerKeys, *key_ids: str) -> list[object]:
    return [await issuer.key(key_id) for key_id in key_ids]


def test_invented_key_ids_do_not_become_the_issuers_load() -> None:
    asked = []

    def fetch() -> dict[str, Any]:
        asked.append(1)
        return jwks(KEY)

    issuer = oidc.IssuerKeys(fetch, clock=lambda: 100.0)

    found = asyncio.run(_keys(issuer, "k1", "x", "y", "z"))

    assert [key is not None for key in found] == [True, False, False, False]
    assert len(asked) == 1


def test_a_new_key_of_the_issuer_is_found_and_old_ones_serve_while_it_is_away() -> None:
    now, answers = 0.0, [jwks(KEY), jwks(OTHER, "k2")]

    def fetch() -> dict[str, Any]:
        if not answers:
            raise OSError("away")
        return answers.pop(0)

    issuer = oidc.IssuerKeys(fetch, clock=lambda: now)
    first = asyncio.run(_keys(issuer, "k1"))
    now = 11.0
    second = asyncio.run(_keys(issuer, "k2"))
    now = 1000.0
    third = asyncio.run(_keys(issuer, "k2"))

    assert None not in [*first, *second, *third]


def test_without_any_key_of_the_issuer_the_answer_is_503(
    client: Client, issuer: oidc.IssuerKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> dict[str, Any]:
        raise OSError("away")

    monkeypatch.setattr(oidc, "issuer_keys", lambda url: oidc.IssuerKeys(away))

    assert with_token(client, token()).status_code == 503


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"RATE_PER_SECONDS": 1}, "did you mean 'RATE_PER_SECOND'?"),
        ({"RATE_PER_SECOND": "fast"}, "GATEWAY_RATE_PER_SECOND is 'fast'"),
        ({"RATE_PER_SECOND": -1}, "the least value is 0"),
        ({"RATE_PER_SECOND": float("nan")}, "the least value is 0"),
        ({"BODY_BYTES": 0}, "the least value is 1"),
        ({"TRUSTED_PROXIES": -1}, "the least value is 0"),
        ({"AUTH": "basic"}, "GATEWAY_AUTH is 'basic'"),
        ({"AUTH": "api_key"}, "GATEWAY_API_KEYS is empty"),
        ({"AUTH": "oidc", "OIDC_ISSUER": "x"}, "set also: GATEWAY_OIDC_AUDIENCE, GATEWAY_OIDC_JWKS_URL"),
        ({"API_KEYS": f"a:{SHOP}:x b:short:x"}, "entry 2 cannot be used"),
        ({"API_KEYS": 5}, "GATEWAY_API_KEYS: "),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_the_way_out(values: dict[str, Any], words: str) -> None:
    found = problems(values)

    assert len(found) == 1
    assert words in found[0]
    assert SHOP not in found[0]


def test_settings_from_the_environment_count(monkeypatch: pytest.MonkeyPatch, settings: DjangoSettings) -> None:
    monkeypatch.setenv("GATEWAY_BODY_BYTES", "7")
    monkeypatch.setenv("GATEWAY_SERVICE_HOST", "10.0.0.1")  # Kubernetes sets such for a Service named gateway
    settings.GATEWAY = {"BODY_BYTES": 9}

    assert limits.settings().body_bytes == 7


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


@given(method=METHODS, path=PATHS, body=some.binary(max_size=60), kind=TYPES, query=LATIN)
@hypothesis(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_meets_a_defect(method: str, path: str, body: bytes, kind: str, query: str, db: None) -> None:
    answer = Client().generic(method, path, body, content_type=kind, QUERY_STRING=query)

    assert answer.status_code < 500


@pytest.mark.parametrize("key", LINES)
def test_every_setting_is_documented_with_its_line(key: str) -> None:
    page = (django_settings.BASE_DIR / "docs/how-to/use-the-gateway.md").read_text()

    assert f"| `GATEWAY_{key}` |" in page
    assert f"| {LINES[key]} |" in page
