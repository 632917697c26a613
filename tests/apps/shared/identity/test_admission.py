"""How callers show a service who they are: every route asks, tokens of the issuer and of the gateway count."""

import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from apps.shared.identity import oidc, tokens
from apps.shared.identity.admission import admit, admitted
from apps.shared.identity.caller import ANYBODY, Caller, NotAdmitted, current_caller
from apps.shared.identity.conf import Settings as IdentitySettings
from apps.shared.identity.conf import api_keys, problems, read_consumer_id
from apps.shared.identity.scope import Scope, scope
from postroad.errors import InvalidSetting
from tests.apps.gateway.test_auth import CLAIMS, KEY, OTHER, jwks, token

SECRET = "k" * 32
GIVEN = IdentitySettings(auth="api_key", token_secret=SECRET)
ADA = Caller(name="ada", roles=frozenset({"consumer"}), consumer_id=7)
OIDC = {
    "AUTH": "oidc",
    "OIDC_ISSUER": "https://id.example",
    "OIDC_AUDIENCE": "postroad",
    "OIDC_JWKS_URL": "https://id.example/jwks",
}


def bearer(value: str) -> dict[str, str]:
    return {"authorization": f"Bearer {value}"}


def routes(patterns: list[Any], prefix: str = "") -> Iterator[str]:
    """Yield an address for every route, with 1 for each id."""
    for pattern in patterns:
        match pattern:
            case URLResolver():
                yield from routes(pattern.url_patterns, prefix + str(pattern.pattern))
            case URLPattern():
                yield prefix + str(pattern.pattern)


SERVICES = ("orders/", "consumers/", "kitchen/", "accounting/", "restaurants/", "delivery/", "order_history/")
OPEN = ("openapi.json", "docs/")


def test_every_route_of_every_service_asks_who_calls(client: Client, settings: Settings) -> None:
    settings.GATEWAY = {"AUTH": "api_key", "API_KEYS": f"office:{SECRET}:staff"}
    found = [route for route in routes(get_resolver().url_patterns) if route.startswith(SERVICES)]
    asking = [route for route in found if not route.endswith(OPEN)]

    answers = {
        (route, method): getattr(client, method)("/" + _with_ids(route)).status_code
        for route in asking
        for method in ("get", "post", "put", "patch", "delete", "options")
    }

    assert len(asking) > 60
    assert set(answers.values()) == {401}


def _with_ids(route: str) -> str:
    parts = ["1" if part.startswith("<") else part for part in route.split("/")]
    return "/".join(parts)


def test_probes_ask_nobody(client: Client, settings: Settings) -> None:
    settings.GATEWAY = {"AUTH": "api_key", "API_KEYS": f"office:{SECRET}:staff"}

    assert client.get("/livez").status_code == 200


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    keys = oidc.IssuerKeys(lambda: jwks(KEY))
    monkeypatch.setattr(oidc, "issuer_keys", lambda url: keys)
    settings.GATEWAY = OIDC


def test_a_service_reads_the_issuers_token(issuer: None) -> None:
    given = token({**CLAIMS, "consumer_id": 7})

    assert admit(bearer(given)) == ADA
    assert admit(bearer(given)).token == given


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="none"),
        pytest.param(token({**CLAIMS, "exp": 1}), id="expired"),
        pytest.param(token({**CLAIMS, "iss": "https://evil.example"}), id="other issuer"),
        pytest.param(token({**CLAIMS, "aud": "other"}), id="other audience"),
        pytest.param(token(key=OTHER), id="other key"),
        pytest.param(token(key="x" * 32, algorithm="HS256"), id="signed by nobody"),
        pytest.param(token(key=None, algorithm="none"), id="unsigned"),
    ],
)
@pytest.mark.django_db
def test_a_service_takes_no_other_token(client: Client, issuer: None, value: str) -> None:
    answer = client.get("/orders/v1/orders/1", headers=bearer(value))

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith('Bearer realm="postroad"')


def test_the_keys_are_asked_for_once_however_many_services_calls_there_are(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    asked = []

    def fetch() -> dict[str, Any]:
        asked.append(1)
        return jwks(KEY)

    keys = oidc.IssuerKeys(fetch)
    monkeypatch.setattr(oidc, "issuer_keys", lambda url: keys)
    settings.GATEWAY = OIDC

    callers = [admit(bearer(token())) for _ in range(20)]

    assert len(callers) == 20
    assert len(asked) == 1


def test_a_gateway_with_api_keys_signs_what_a_service_reads(settings: Settings) -> None:
    settings.GATEWAY = {"AUTH": "api_key", "TOKEN_SECRET": SECRET}

    assert admit(bearer(tokens.signed(ADA, GIVEN))) == ADA


def test_without_a_secret_of_its_own_the_key_is_djangos(settings: Settings) -> None:
    settings.GATEWAY = {"AUTH": "api_key"}
    given = tokens.signed(ADA, IdentitySettings(auth="api_key"))

    assert admit(bearer(given)) == ADA

    settings.SECRET_KEY = "another"  # noqa: S105 - only for this test
    with pytest.raises(NotAdmitted):
        admit(bearer(given))


def test_a_signed_token_is_good_for_one_to_five_minutes() -> None:
    claims = jwt.decode(tokens.signed(ADA, GIVEN), options={"verify_signature": False})

    assert tokens.MIN_SECONDS - 1 <= claims["exp"] - time.time() <= tokens.MIN_SECONDS + tokens.SAME_SECONDS


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": 1},
        {"iss": "somebody"},
        {"aud": "somebody"},
        {"roles": None},
        {"exp": None},
    ],
)
def test_a_signed_token_that_is_not_the_gateways_is_refused(settings: Settings, changed: dict[str, Any]) -> None:
    settings.GATEWAY = {"AUTH": "api_key", "TOKEN_SECRET": SECRET}
    claims = jwt.decode(tokens.signed(ADA, GIVEN), options={"verify_signature": False}) | changed
    forged = jwt.encode({name: value for name, value in claims.items() if value is not None}, SECRET, algorithm="HS256")

    with pytest.raises(NotAdmitted) as refused:
        admit(bearer(forged))
    assert refused.value.status == 401


def test_the_gateway_takes_no_signed_token_from_outside(client: Client, settings: Settings) -> None:
    settings.GATEWAY = {"AUTH": "api_key", "TOKEN_SECRET": SECRET, "API_KEYS": f"office:{SECRET}:staff"}

    assert client.get("/graphql", headers=bearer(tokens.signed(ADA, GIVEN))).status_code == 401


def test_a_service_that_knows_no_api_keys_sends_the_caller_to_the_gateway(settings: Settings) -> None:
    settings.GATEWAY = {"AUTH": "api_key", "TOKEN_SECRET": SECRET}

    with pytest.raises(NotAdmitted, match="Call the gateway"):
        admit({"x-api-key": "x" * 16})


@pytest.mark.parametrize(
    ("roles", "method", "resource", "limited"),
    [
        ({"consumer"}, "GET", "orders", True),
        ({"consumer", "staff"}, "GET", "orders", False),
        ({"consumer", "courier"}, "GET", "deliveries", False),
        ({"consumer", "courier"}, "GET", "orders", True),
        ({"consumer", "restaurant"}, "GET", "tickets", False),
        ({"consumer"}, "GET", "restaurants", False),
        ({"restaurant"}, "GET", "tickets", False),
    ],
)
def test_a_role_that_reaches_further_is_not_limited_by_being_a_consumer_too(
    settings: Settings, roles: set[str], method: str, resource: str, *, limited: bool
) -> None:
    settings.GATEWAY = {"AUTH": "api_key", "TOKEN_SECRET": SECRET}
    given = tokens.signed(Caller(name="x", roles=frozenset(roles), consumer_id=7), GIVEN)

    with admitted(bearer(given), method=method, resource=resource):
        assert scope() == Scope(is_limited=limited, consumer_id=7)
    assert scope() == Scope()
    assert current_caller() is ANYBODY


def test_a_resource_that_no_row_lists_is_nobodys(settings: Settings) -> None:
    settings.GATEWAY = {"AUTH": "api_key", "TOKEN_SECRET": SECRET}
    given = tokens.signed(Caller(name="x", roles=frozenset({"staff"})), GIVEN)

    with pytest.raises(NotAdmitted, match="does not list it"), admitted(bearer(given), method="GET", resource="novel"):
        pass


@pytest.mark.parametrize(
    ("value", "found"),
    [(7, 7), ("7", 7), (True, None), (0, None), (-1, None), ("", None), ("x", None), (7.0, None), (2**63, None),
     (None, None), ([7], None), ("\u0667", None), ("9" * 5000, None), (2**63 - 1, 2**63 - 1)],
)  # fmt: skip
def test_only_an_id_is_an_id(value: object, found: int | None) -> None:
    assert read_consumer_id(value) == found


def test_an_api_key_says_which_consumer_it_is() -> None:
    [key] = api_keys(f"ada:{SECRET}:courier+consumer=7")

    assert (key.roles, key.consumer_id) == ({"courier", "consumer"}, 7)


@pytest.mark.parametrize("roles", ["consumer=x", "staff=7", "consumer=", "consumer=7+consumer=8", "consumer=0", ""])
def test_an_api_key_that_names_no_consumer_is_refused(roles: str) -> None:
    with pytest.raises(InvalidSetting, match="entry 1"):
        api_keys(f"ada:{SECRET}:{roles}")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"AUTH": "oidc"}, "set also: GATEWAY_OIDC_ISSUER"),
        ({"TOKEN_SECRET": "short-secret"}, "GATEWAY_TOKEN_SECRET is too short"),
        ({"AUTH": "basic"}, "GATEWAY['AUTH'] is 'basic'"),
        ({"API_KEYS": "a:short-secret:staff"}, "entry 1"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_without_its_secret(
    settings: Settings, values: dict[str, Any], words: str
) -> None:
    settings.GATEWAY = values

    [problem] = problems()

    assert words in problem
    assert "short-secret" not in problem
