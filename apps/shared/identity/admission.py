"""Authenticates the callers of a service, checks their roles, and limits them to their own objects.

The rules are the same for REST and gRPC, in a separate service and in the one-process mode.  They do not apply to health,
metrics, documents and the admin, nor to messages: everybody who may write to the broker is trusted.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from apps.shared.identity.caller import ANYBODY, Caller, NotAdmitted, calling
from apps.shared.identity.conf import Settings, settings
from apps.shared.identity.keys import known_by_key
from apps.shared.identity.oidc import unauthorized, verified_now
from apps.shared.identity.roles import ROLES
from apps.shared.identity.scope import Scope, within
from apps.shared.identity.tokens import is_signed_here, read


@contextmanager
def admitted(headers: Mapping[str, str], *, method: str, resource: str) -> Iterator[Caller]:
    """Run a block with the rights of a caller, so that it sees and changes only their objects.

    Args:
        headers: Of the request, or the metadata of a call; names in lower case, or in any case if the mapping allows it.
        method: HTTP method; a gRPC call that changes nothing is a GET.
        resource: Row of `roles.ROLES`; a resource without a row is refused.

    Raises:
        NotAdmitted: They are not authenticated, or their roles do not allow it.
    """
    caller = admit(headers)
    if caller.roles is not None and resource not in ROLES:
        raise NotAdmitted(
            403, "forbidden", f"No role may use {resource}; apps/shared/identity/roles.py does not list it."
        )
    caller.check(method, resource)
    limit = Scope(is_limited=caller.is_limited(method, resource), consumer_id=caller.consumer_id)
    with within(limit), calling(caller):
        yield caller


def admit(headers: Mapping[str, str]) -> Caller:
    """Return the caller of a service.

    Raises:
        NotAdmitted: 401, they are not authenticated; 503, the issuer's keys are not available.
    """
    given, token = settings(), bearer(headers.get("authorization", ""))
    match given.auth:
        case "none":
            return ANYBODY
        case _ if is_signed_here(token):
            return read(token, given)
        case "api_key":
            return _with_key(headers.get("x-api-key", ""), given)
        case "oidc":
            return verified_now(token, given)


def bearer(authorization: str) -> str:
    """Return the token in a header `Authorization`; empty: there is none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _with_key(key: str, given: Settings) -> Caller:
    """Return the owner of an API key; the keys are known only in the gateway's process."""
    if not given.api_keys:
        raise unauthorized("Call the gateway, which knows the API keys.", error="")
    return known_by_key(key, given.api_keys)
