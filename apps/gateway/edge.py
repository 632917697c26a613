"""The checks of every request to the gateway, in this order; a view is guarded where its route is declared.

1. request id: kept if it is valid, else generated; put into the answer and the log, and passed on, like `traceparent`
2. CORS: a preflight is answered here
3. size of the body                                                        413
4. authentication; a failure counts against the address   401
5. rate of this caller, or of this address                                 429
6. roles                                                                   403
7. the view; its exceptions become problem documents                     404, 502, 503, 504 …

See also: `guard`, which guards everything without such a route, such as a service's own paths in the one-process mode.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.gateway import cors
from apps.gateway.auth import authenticate, check_role
from apps.gateway.conf import settings
from apps.gateway.limits import check_rate, check_size
from apps.gateway.problems import Refused
from apps.shared.identity.caller import Caller, calling
from postroad import ids
from postroad.context import Current, read_request_id, read_trace_parent, working

View = Callable[..., Coroutine[Any, Any, HttpResponse]]
_GUARDED = "is_guarded_by_the_edge"


def guarded(view: View, *, resource: str = "") -> View:
    """Return the view with these checks in front of it.

    Args:
        view: Is called with the request, the caller and the route's values.
        resource: The row of `roles.ROLES`; empty: the route's value `resource`.
    """

    @csrf_exempt  # callers are not identified by cookies, so another site's page cannot use them
    async def answer(request: HttpRequest, **values: Any) -> HttpResponse:
        trace = read_trace_parent(request.headers.get("traceparent", ""))
        work = Current(service="gateway", request_id=_request_id(request), trace_parent=trace)
        with working(work):
            given = cors.preflight(request)
            if given is None:
                try:
                    caller = await admit(request, resource or str(values["resource"]))
                    with calling(caller):
                        given = await view(request, caller, **values)
                except Refused as refused:
                    given = refused.answer()
        given["X-Request-Id"] = work.request_id
        cors.mark(request, given)
        return given

    setattr(answer, _GUARDED, True)
    return answer


def is_guarded(view: Callable[..., Any]) -> bool:
    """Whether a view is one that `guarded` returned."""
    return getattr(view, _GUARDED, False)


async def admit(request: HttpRequest, resource: str) -> Caller:
    """Return the caller after the checks of size, identity, rate and role.

    Args:
        request: Only its headers are read.
        resource: A row of `roles.ROLES`; every authenticated caller may use a resource without a row.

    Raises:
        Refused: 413, 401, 429 or 403.
    """
    check_size(request)
    address = client_address(request)
    try:
        caller = await authenticate(request)
    except Refused:
        check_rate(address)
        raise
    check_rate(f"caller {caller.name}" if caller.name else address)
    check_role(caller, request.method or "", resource)
    return caller


def client_address(request: HttpRequest) -> str:
    """Return the address that the nearest trusted proxy saw, or the connection's."""
    proxies = settings().trusted_proxies
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if proxies and len(forwarded) >= proxies:
        return forwarded[-proxies]
    return str(request.META.get("REMOTE_ADDR", ""))


def _request_id(request: HttpRequest) -> str:
    return read_request_id(request.headers.get("X-Request-Id", "")) or ids.new_id()
