"""Middleware for the caller's deadline: if it has passed, the answer is 504 and the view does not run.

Put it first in MIDDLEWARE, after `probes`.  See also: `postroad.calls.deadline`, for the remaining time of a view's own calls.
"""

from collections.abc import Awaitable, Callable
from typing import cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from postroad.calls import deadline
from postroad.errors import DeadlineExceeded

_Next = Callable[[HttpRequest], HttpResponseBase]
_NextAsync = Callable[[HttpRequest], Awaitable[HttpResponseBase]]


class DeadlineMiddleware:
    """Applies the caller's deadline to a request, and answers 504 when it has passed.

    A header that cannot be read is logged and ignored, so that a caller's defect does not make its requests fail.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: _Next | _NextAsync) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer a request, sync or async like the next layer."""
        return self._answer_async(request) if self._is_async else self._answer(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """Answer if a view's own call exceeded the deadline."""
        return _too_late(str(exception)) if isinstance(exception, DeadlineExceeded) else None

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        seconds = _seconds(request)
        if seconds is not None and seconds <= 0:
            return _too_late(_OVER)
        with deadline.within(seconds):
            return cast(_Next, self._get_response)(request)

    async def _answer_async(self, request: HttpRequest) -> HttpResponseBase:
        seconds = _seconds(request)
        if seconds is not None and seconds <= 0:
            return _too_late(_OVER)
        with deadline.within(seconds):
            return await cast(_NextAsync, self._get_response)(request)


_OVER = "The caller's deadline had passed before the work began."


def _seconds(request: HttpRequest) -> float | None:
    text = request.headers.get(deadline.HEADER)
    return None if text is None else deadline.parse(text)


def _too_late(detail: str) -> JsonResponse:
    return JsonResponse({"code": "deadline_exceeded", "detail": detail, "fields": {}}, status=504)
