"""Who calls, and who may do what: one table of roles.  Not: whose order it is, which no table of roles can say."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.http import HttpRequest

from apps.gateway.conf import ApiKey, api_keys, settings
from apps.gateway.oidc import verified
from apps.gateway.problems import Refused

CONSUMER, RESTAURANT, COURIER, STAFF = "consumer", "restaurant", "courier", "staff"
EVERYBODY = frozenset({CONSUMER, RESTAURANT, COURIER, STAFF})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Roles that may look at a resource, and roles that may change it."""

    read: frozenset[str]
    change: frozenset[str]


def _access(*read: str, change: tuple[str, ...] = ()) -> Access:
    return Access(read=frozenset(read), change=frozenset(change or read))


ROLES: Mapping[str, Access] = {
    "orders": _access(CONSUMER, STAFF),
    "consumers": _access(CONSUMER, STAFF),
    "restaurants": _access(*EVERYBODY, change=(RESTAURANT, STAFF)),
    "tickets": _access(RESTAURANT, STAFF),
    "deliveries": _access(*EVERYBODY, change=(COURIER, STAFF)),
    "couriers": _access(COURIER, STAFF),
    "accounts": _access(STAFF),
    "bills": _access(CONSUMER, STAFF, change=(STAFF,)),
    "graphql": _access(CONSUMER, STAFF),
    "model.json": _access(*EVERYBODY),  # each root of the graph asks again for the resource it shows
}
"""First part of a path behind the version, or the whole of one without version → who may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls.

    Attributes:
        name: Of the key, or the token's subject; empty when nobody has to say.
        roles: What he is; None: nobody has to be anything.
    """

    name: str = ""
    roles: frozenset[str] | None = None

    def may(self, method: str, resource: str) -> bool:
        """Whether the caller's roles allow a method on a resource."""
        if self.roles is None:
            return True
        access = ROLES.get(resource)
        if access is None:
            return True  # there is nothing at such an address
        return bool(self.roles & (access.read if method in _READING else access.change))


ANYBODY = Caller()


async def authenticate(request: HttpRequest) -> Caller:
    """Return who calls.

    Raises:
        Refused: 401, the caller does not show who he is; 503, the issuer's keys cannot be had.
    """
    given = settings()
    match given.auth:
        case "none":
            return ANYBODY
        case "api_key":
            return _known_by_key(request.headers.get("X-API-Key", ""), given.api_keys)
        case "oidc":
            name, roles = await verified(_bearer(request), given)
            return Caller(name=name, roles=roles)


def check_role(caller: Caller, method: str, resource: str) -> None:
    """Refuse what the caller's roles do not allow.

    Raises:
        Refused: 403.
    """
    if not caller.may(method, resource):
        access = ROLES[resource]
        wanted = ", ".join(sorted(access.read if method in _READING else access.change))
        detail = f"{method} on {resource} needs one of the roles: {wanted}."
        raise Refused(403, "forbidden", detail)


def _known_by_key(secret: str, listed: str) -> Caller:
    found = ANYBODY
    digest = _digest(secret)
    for key_digest, key in _digests(listed):
        if hmac.compare_digest(digest, key_digest):  # every key is compared: time tells nothing
            found = Caller(name=key.name, roles=key.roles)
    if found is ANYBODY:
        detail = "Send the key you were given in the header X-API-Key."
        raise Refused(401, "unauthorized", detail, headers={"WWW-Authenticate": 'ApiKey realm="postroad"'})
    return found


@lru_cache(maxsize=4)
def _digests(listed: str) -> tuple[tuple[bytes, ApiKey], ...]:
    return tuple((_digest(key.secret), key) for key in api_keys(listed))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def _bearer(request: HttpRequest) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
