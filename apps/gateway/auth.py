"""Authentication of the gateway's callers, and the check of their roles.  Who owns an object is checked by its service."""

from dataclasses import replace

from django.http import HttpRequest

from apps.gateway.conf import settings
from apps.gateway.problems import Refused
from apps.shared.identity.admission import bearer
from apps.shared.identity.caller import ANYBODY, Caller, NotAdmitted
from apps.shared.identity.keys import known_by_key
from apps.shared.identity.oidc import verified
from apps.shared.identity.tokens import signed


async def authenticate(request: HttpRequest) -> Caller:
    """Return the caller, with the token that identifies them to the services.

    Raises:
        Refused: 401, the caller is not authenticated; 503, the issuer's keys are not available.
    """
    given = settings()
    try:
        match given.auth:
            case "none":
                return ANYBODY
            case "api_key":
                caller = known_by_key(request.headers.get("X-API-Key", ""), given.api_keys)
                return replace(caller, token=signed(caller, given))
            case "oidc":
                return await verified(bearer(request.headers.get("Authorization", "")), given)
    except NotAdmitted as error:
        raise _refused(error) from error


def check_role(caller: Caller, method: str, resource: str) -> None:
    """Refuse what the caller's roles do not allow.

    Raises:
        Refused: 403.
    """
    try:
        caller.check(method, resource)
    except NotAdmitted as error:
        raise _refused(error) from error


def _refused(error: NotAdmitted) -> Refused:
    return Refused(error.status, error.code, error.detail, headers=error.headers)
