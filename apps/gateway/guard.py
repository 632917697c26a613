"""Authentication for every endpoint of the gateway's process that its route does not guard itself.

Callers that must authenticate at `/v1/orders/7` must also authenticate at `/orders/v1/orders/7`, at a service's documents and at
`/metrics`.  The exceptions are probes, static files and the admin, which has its own login.  With GATEWAY_AUTH `none`, everything is open.
The deadline that a client sends is removed, because the gateway decides how long a request may take.  Calls of this process to itself pass.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any, cast

from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.gateway.conf import settings
from apps.gateway.edge import admit, is_guarded
from apps.gateway.problems import Refused
from postroad.calls import deadline
from postroad.calls.transports.local import CALL

_Next = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]
_OPEN = ("/livez", "/readyz", "/static/", "/admin/")
_METRICS = "/metrics"
_DEADLINE = f"HTTP_{deadline.HEADER.upper().replace('-', '_')}"
_RESOURCE = re.compile(r"/[a-z_]+(?:/v[0-9]+)?/([^/]+)")


class GuardMiddleware:
    """Authenticates callers of every view that does not do so itself, and removes a client's deadline; put it first in MIDDLEWARE."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: _Next) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)
        self.process_view = self._view_async if self._is_async else self._view

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer a request, sync or async like the next layer; `/metrics` is answered before a view is chosen."""
        if CALL not in request.META:
            request.META.pop(_DEADLINE, None)
        if request.path_info != _METRICS:
            return self._get_response(request)
        return self._metrics_async(request) if self._is_async else self._metrics(request)

    def _metrics(self, request: HttpRequest) -> HttpResponseBase:
        return async_to_sync(_refusal)(request) or cast(HttpResponseBase, self._get_response(request))

    async def _metrics_async(self, request: HttpRequest) -> HttpResponseBase:
        return await _refusal(request) or await cast(Awaitable[HttpResponseBase], self._get_response(request))

    def _view(self, request: HttpRequest, view: Any, _args: Any, _values: Any) -> HttpResponseBase | None:
        return async_to_sync(_refusal)(request) if _needs_guard(request, view) else None

    async def _view_async(self, request: HttpRequest, view: Any, _args: Any, _values: Any) -> HttpResponseBase | None:
        return await _refusal(request) if _needs_guard(request, view) else None


def _needs_guard(request: HttpRequest, view: Any) -> bool:
    is_open = CALL in request.META or request.path_info.startswith(_OPEN)
    return settings().auth != "none" and not is_open and not is_guarded(view)


async def _refusal(request: HttpRequest) -> HttpResponseBase | None:
    """Return the answer to a caller who is refused; None for a caller who is admitted."""
    if settings().auth == "none":
        return None
    found = _RESOURCE.match(request.path_info)
    try:
        await admit(request, found[1] if found else _METRICS)
    except Refused as refused:
        return refused.answer()
    return None
