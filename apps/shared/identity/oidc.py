"""Bearer tokens of an OpenID Connect issuer: signature, issuer, audience, time, roles."""

import asyncio
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from apps.shared.identity.caller import Caller, NotAdmitted
from apps.shared.identity.conf import Settings, read_consumer_id

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Public-key algorithms only: with an algorithm of a shared secret, the public key itself would sign."""

KEPT_SECONDS = 300.0
"""Age at which the keys are asked for again."""

PAUSE_SECONDS = 10.0
"""Least time between two questions: tokens with invented key ids must not become the issuer's load."""

RETRY_SECONDS = 5
"""When a client may try again whose token could not be looked at."""

FETCH_SECONDS = 3.0
DOCUMENT_BYTES = 1_000_000
"""Largest set of keys that is read; real ones have some kB."""

MIN_RSA_BITS = 2048  # RFC 7518, 3.3
LEEWAY_SECONDS = 10.0
"""By how much the issuer's clock may differ."""

Fetch = Callable[[], Mapping[str, Any]]


class IssuerKeys:
    """The issuer's public keys; kept, and the old ones used on while it cannot be asked.

    Concurrency: safe in threads, and in tasks, which wait in a thread.  One asks the issuer at a time; who knows keys
    does not wait for it.
    """

    def __init__(self, fetch: Fetch, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._clock = fetch, clock
        self._lock = threading.Lock()
        self._asked_at = float("-inf")
        self._keys: dict[str, jwt.PyJWK] = {}

    async def key(self, key_id: str) -> jwt.PyJWK | None:
        """Return the key of an id; None: the issuer has no such key.

        Raises:
            NotAdmitted: 503, no keys are available.
        """
        if not self._keys or self._is_time(key_id):
            await asyncio.to_thread(self._refresh, key_id)
        return self._known(key_id)

    def key_now(self, key_id: str) -> jwt.PyJWK | None:
        """As `key`, for threads."""
        if not self._keys or self._is_time(key_id):
            self._refresh(key_id)
        return self._known(key_id)

    def _is_time(self, key_id: str) -> bool:
        age = self._clock() - self._asked_at
        return age > KEPT_SECONDS or (key_id not in self._keys and age > PAUSE_SECONDS)

    def _refresh(self, key_id: str) -> None:
        with self._lock:
            if self._is_time(key_id):
                self._asked_at = self._clock()
                self._ask()

    def _known(self, key_id: str) -> jwt.PyJWK | None:
        if not self._keys:
            detail = f"The issuer's keys cannot be had at the moment; try again in {RETRY_SECONDS} seconds."
            raise NotAdmitted(503, "unavailable", detail, headers={"Retry-After": str(RETRY_SECONDS)})
        return self._keys.get(key_id)

    def _ask(self) -> None:
        try:
            document = self._fetch()
            found = usable_keys(document)
        except (OSError, ValueError, RecursionError, jwt.PyJWTError):
            return  # the known keys stay valid
        self._keys = found or self._keys


def usable_keys(document: object) -> dict[str, jwt.PyJWK]:
    """Return the keys of a set (RFC 7517) that may verify a signature, by id; of two with one id the first counts.

    Raises:
        jwt.PyJWTError: It is not a set of keys.
    """
    listed = document.get("keys") if isinstance(document, Mapping) else None
    if not isinstance(listed, list):
        raise jwt.PyJWKSetError("The document of the issuer's keys has no array named keys.")
    described = [key for key in listed if isinstance(key, dict) and _is_for_signatures(key)]
    found = [key for key in jwt.PyJWKSet(described).keys if _is_strong(key)] if described else []
    return {str(key.key_id): key for key in reversed(found)}


def _is_for_signatures(key: Mapping[str, Any]) -> bool:
    """Whether a key says nothing else of itself (RFC 7517, 4.2 and 4.3; RFC 8725, 3.1); one without id is never found."""
    operations = key.get("key_ops", ["verify"])
    return (
        bool(key.get("kid"))
        and isinstance(key.get("kid"), str)
        and key.get("kty") != "oct"
        and key.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
    )


def _is_strong(key: jwt.PyJWK) -> bool:
    is_long = not isinstance(key.key, RSAPublicKey) or key.key.key_size >= MIN_RSA_BITS
    return is_long and key.algorithm_name in ALGORITHMS


async def verified(token: str, given: Settings) -> Caller:
    """Return the caller that a token identifies.

    Raises:
        NotAdmitted: 401, the token is missing or invalid; 503, the keys are not available.
    """
    keys = issuer_keys(given.oidc_jwks_url)
    return _caller(token, await keys.key(_key_id(token)), given)


def verified_now(token: str, given: Settings) -> Caller:
    """As `verified`, for threads."""
    keys = issuer_keys(given.oidc_jwks_url)
    return _caller(token, keys.key_now(_key_id(token)), given)


def _key_id(token: str) -> str:
    if not token:
        raise unauthorized("Send a token of the issuer: Authorization: Bearer …", error="")
    try:
        return str(jwt.get_unverified_header(token).get("kid", ""))
    except _UNREADABLE as error:
        raise _not_good(error) from error


def _caller(token: str, key: jwt.PyJWK | None, given: Settings) -> Caller:
    if key is None:
        raise unauthorized("The token is signed with a key that the issuer does not have.")
    try:
        claims = jwt.decode(
            token,
            key=key,
            algorithms=ALGORITHMS,
            issuer=given.oidc_issuer,
            audience=given.oidc_audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
    except _UNREADABLE as error:
        raise _not_good(error) from error
    return Caller(
        name=str(claims["sub"]),
        roles=_roles(claims, given.oidc_roles_claim),
        consumer_id=read_consumer_id(_claim(claims, given.oidc_consumer_claim)),
        token=token,
    )


_UNREADABLE = (jwt.PyJWTError, ValueError, RecursionError)


@lru_cache(maxsize=4)
def issuer_keys(url: str) -> IssuerKeys:
    """Return this process's keys of an issuer."""

    def fetch() -> Mapping[str, Any]:
        with urllib.request.urlopen(url, timeout=FETCH_SECONDS) as answer:  # noqa: S310 - the operator's own setting
            document: Mapping[str, Any] = json.loads(answer.read(DOCUMENT_BYTES))  # a part of more is no JSON
            return document

    return IssuerKeys(fetch)


def _roles(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    value = _claim(claims, path)
    if isinstance(value, str):
        return frozenset(value.split())
    return frozenset(str(role) for role in value) if isinstance(value, list) else frozenset()


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    value: Any = claims
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def unauthorized(detail: str, *, error: str = "invalid_token") -> NotAdmitted:
    """Return the error for a missing or invalid token."""
    challenge = 'Bearer realm="postroad"' + (f', error="{error}"' if error else "")  # RFC 6750, 3
    return NotAdmitted(401, "unauthorized", detail, headers={"WWW-Authenticate": challenge})


def _not_good(error: Exception) -> NotAdmitted:
    return unauthorized(f"The token is not good: {type(error).__name__}.")
