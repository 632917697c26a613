"""Middleware that answers Kubernetes and Prometheus at a pod's IP: `/livez`, `/readyz`, `/metrics`, before the host is checked.

Put it first in MIDDLEWARE; then ALLOWED_HOSTS need not contain addresses of pods.  See also: `health` and `metrics`, for
the answers.
"""

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

from postroad.errors import MissingExtra
from postroad.web.health import livez, readyz

_Answer = HttpResponseBase | Awaitable[HttpResponseBase]


def _metrics(request: HttpRequest) -> HttpResponse:
    try:
        answer: HttpResponse = import_string("postroad.metrics.registry.metrics")(request)
    except MissingExtra as error:
        return HttpResponse(f"No figures: {error}\n", status=404, content_type="text/plain; charset=utf-8")
    return answer


_VIEWS: dict[str, Callable[[HttpRequest], HttpResponse]] = {"/livez": livez, "/readyz": readyz, "/metrics": _metrics}


class ProbeMiddleware:
    """Answers the three paths itself, sync or async like the next layer."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], _Answer]) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> _Answer:
        """Answer a probe; pass on everything else."""
        view = _VIEWS.get(request.path_info)
        if view is None:
            return self._get_response(request)
        return _answer(view, request) if self._is_async else view(request)


async def _answer(view: Callable[[HttpRequest], HttpResponse], request: HttpRequest) -> HttpResponseBase:
    if view is livez:  # it shows that the event loop runs, and needs no free thread
        return livez(request)
    return await sync_to_async(view)(request)
