"""Who calls and who may do what: API keys, tokens, roles."""

import asyncio
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.test import Client
from pytest_django import Settings as DjangoSettings

from apps.gateway.conf import Settings
from apps.shared.identity import oidc
from apps.shared.identity.caller import ANYBODY, Caller
from apps.shared.identity.roles import ROLES

SHOP, STAFF = "s" * 16, "t" * 16
KEYS = f"shop:{SHOP}:consumer office:{STAFF}:staff+courier"


@pytest.mark.parametrize("key", ["", "x", SHOP[:-1], SHOP + "s", "\u00e9", f"shop:{SHOP}"])
def test_without_a_known_key_nobody_passes(client: Client, settings: DjangoSettings, key: str) -> None:
    settings.GATEWAY = {"AUTH": "api_key", "API_KEYS": KEYS}

    answer = client.get("/v1/orders/1", headers={"x-api-key": key})

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'ApiKey realm="postroad"'
    assert answer["Content-Type"] == "application/problem+json"


MAY = {
    ("consumer", "GET"): {
        "orders",
        "consumers",
        "restaurants",
        "tickets",
        "deliveries",
        "bills",
        "graphql",
        "model.json",
    },
    ("consumer", "POST"): {"orders", "consumers", "graphql", "model.json"},
    ("restaurant", "GET"): {"restaurants", "tickets", "deliveries", "model.json"},
    ("restaurant", "PUT"): {"restaurants", "tickets", "model.json"},
    ("courier", "GET"): {"restaurants", "deliveries", "couriers", "model.json"},
    ("courier", "POST"): {"deliveries", "couriers", "model.json"},
    ("staff", "GET"): set(ROLES),
    ("staff", "DELETE"): set(ROLES),
    ("stranger", "GET"): set[str](),
}


@pytest.mark.parametrize(("role", "method"), MAY)
def test_roles_decide_what_may_be_done(role: str, method: str) -> None:
    caller = Caller(name="x", roles=frozenset({role}))

    assert {resource for resource in ROLES if caller.may(method, resource)} == MAY[role, method]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_without_authentication_everybody_may_do_everything(method: str) -> None:
    assert all(ANYBODY.may(method, resource) for resource in ROLES)


def test_a_role_that_is_missing_is_named(client: Client, settings: DjangoSettings) -> None:
    settings.GATEWAY = {"AUTH": "api_key", "API_KEYS": KEYS}

    answer = client.post("/v1/tickets/1/accept", b"{}", content_type="application/json", headers={"x-api-key": SHOP})

    assert answer.status_code == 403
    assert answer.json()["detail"] == "POST on tickets needs one of the roles: restaurant, staff."


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


def described(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, **other: Any) -> dict[str, Any]:
    """Return a public key as a set of keys lists it."""
    kinds = jwt.algorithms.ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else jwt.algorithms.RSAAlgorithm
    return {**kinds.to_jwk(key.public_key(), as_dict=True), "kid": "k1", **other}


LONG = rsa.generate_private_key(65537, 2048)
SHORT = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that it is refused is the test
SECRET = {"kty": "oct", "k": "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg", "kid": "k1"}


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(described(KEY), id="an elliptic curve"),
        pytest.param(described(LONG), id="RSA of 2048 bits"),
        pytest.param(described(KEY, use="sig", key_ops=["verify"]), id="named for signatures"),
    ],
)
def test_a_key_for_signatures_is_used(key: dict[str, Any]) -> None:
    assert set(oidc.usable_keys({"keys": [key]})) == {"k1"}


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(described(KEY, use="enc"), id="for encryption"),
        pytest.param(described(KEY, use=["sig"]), id="use is no text"),
        pytest.param(described(KEY, key_ops=["encrypt", "wrapKey"]), id="operations of encryption"),
        pytest.param(described(KEY, key_ops="verify"), id="operations are no array"),
        pytest.param(described(LONG, alg="RSA-OAEP"), id="algorithm of encryption"),
        pytest.param(described(KEY, alg="ES256K"), id="algorithm that is not ours"),
        pytest.param(described(SHORT), id="RSA of 1024 bits"),
        pytest.param(SECRET, id="shared secret"),
        pytest.param(described(KEY, kid=""), id="no id"),
        pytest.param(described(KEY, kid=["k1"]), id="id is no text"),
        pytest.param("k1", id="no object"),
    ],
)
def test_any_other_key_is_not_used(key: object) -> None:
    assert oidc.usable_keys({"keys": [key, described(OTHER, kid="k2")]}).keys() == {"k2"}


def test_a_key_for_encryption_does_not_hide_one_for_signatures_of_the_same_id() -> None:
    keys = oidc.usable_keys({"keys": [described(LONG, use="enc"), described(KEY), described(LONG, use="enc")]})

    assert keys["k1"].key_type == "EC"


@pytest.mark.parametrize("document", [None, [], {}, {"keys": None}, {"keys": {}}, {"keys": "k1"}])
def test_what_is_no_set_of_keys_leaves_the_known_ones_in_force(document: Any) -> None:
    now, answers = 0.0, [jwks(KEY), document]
    issuer = oidc.IssuerKeys(lambda: answers.pop(0), clock=lambda: now)
    first = asyncio.run(_keys(issuer, "k1"))
    now = 1000.0

    assert None not in [*first, *asyncio.run(_keys(issuer, "k1"))]
