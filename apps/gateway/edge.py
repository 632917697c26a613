"""What every request to the gateway passes, in this order; a view is guarded where its route is written down.

1. request id: taken over if it is sane, else made; in the answer, in the log, and passed on, as `traceparent` is
2. CORS: a preflight is answered here
3. size of the body                                                        413
4. who calls; a failure counts against the address   401
5. rate of this caller, or of this address                                 429
6. roles                                                                   403
7. the view; what it raises becomes a problem document                     404, 502, 503, 504 …

What has no such route, a service's own paths in one process for example, is guarded by `guard`.
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
    """Return the view behind the edge.

    Args:
        view: Is called with the request, the caller and the route's values.
        resource: Which row of `roles.ROLES` counts; empty: the route's value of that name.
    """

    @csrf_exempt  # no cookie says who calls, so nobody else's page can make use of one
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
    """Return who calls, if they may: size, identity, rate and role.

    Args:
        request: Is read no further than its headers.
        resource: A row of `roles.ROLES`; anybody who is known may ask for what has none.

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
