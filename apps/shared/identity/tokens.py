"""Tokens that the gateway signs for callers with an API key, so that services can check who calls.

Signed with a secret that gateway and services share (HS256).  Everybody who knows it can act as any caller, so protect it
like a database password.  See also: `oidc`, for tokens of an issuer, which are relayed as they came.
Source: "Access token", Microservices Patterns, 11.1.
"""

import hashlib
import hmac
import time
from functools import lru_cache

import jwt
from django.conf import settings as django_settings

from apps.shared.identity.caller import Caller
from apps.shared.identity.conf import Settings, read_consumer_id
from apps.shared.identity.oidc import LEEWAY_SECONDS, unauthorized

ALGORITHM = "HS256"
ISSUER, AUDIENCE = "postroad-gateway", "postroad-services"

SAME_SECONDS = 240
"""A caller gets the same token for so long, so that answers kept under it (`cached`) serve again."""

MIN_SECONDS = 60
"""Least time that a new token is good for."""


def signed(caller: Caller, given: Settings) -> str:
    """Return a token that identifies a caller, valid for one to five minutes."""
    return _signed(caller, _key(given), int(time.time() // SAME_SECONDS))


@lru_cache(maxsize=1000)
def _signed(caller: Caller, key: bytes, period: int) -> str:
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": caller.name,
        "exp": (period + 1) * SAME_SECONDS + MIN_SECONDS,
        "roles": sorted(caller.roles or ()),
        "consumer_id": caller.consumer_id,
    }
    return jwt.encode(claims, key, algorithm=ALGORITHM)


def is_signed_here(token: str) -> bool:
    """Whether a token claims to be signed by the gateway; nothing is verified yet."""
    try:
        return jwt.get_unverified_header(token).get("alg") == ALGORITHM
    except (jwt.PyJWTError, ValueError, RecursionError):
        return False


def read(token: str, given: Settings) -> Caller:
    """Return the caller that a token identifies.

    Raises:
        NotAdmitted: 401, it is invalid.
    """
    try:
        claims = jwt.decode(
            token,
            key=_key(given),
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "aud", "sub", "roles"]},
        )
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise unauthorized(f"The token is not good: {type(error).__name__}.") from error
    return Caller(
        name=str(claims["sub"]),
        roles=frozenset(map(str, claims["roles"])),
        consumer_id=read_consumer_id(claims.get("consumer_id")),
        token=token,
    )


def _key(given: Settings) -> bytes:
    if given.token_secret:
        return given.token_secret.encode()
    return hmac.digest(django_settings.SECRET_KEY.encode(), b"apps.shared.identity.tokens", hashlib.sha256)
