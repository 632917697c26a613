"""The start page of a gateway that runs alone: its figures and journeys are those of the orders service.  Asynchronous.

Not: the page itself, nor the figures, which are `views`.
"""

import asyncio
from collections.abc import AsyncIterator

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.views.decorators.http import require_GET

from apps.tour.stream import BEAT_SECONDS, LOOK_SECONDS, STREAM_SECONDS, beginning, event
from apps.tour.views import start_page
from postroad.errors import PostroadError
from postroad.rpi.transport import Answer, Outgoing
from postroad.runtime.calls import calls

_STATUS = Outgoing(service="orders", call="orders.status", target="/tour/status.json")
_TIMEOUT_SECONDS = 1.0
_MOST_STREAMS = 50  # each asks the orders service some times a second
_open: set[object] = set()


@require_GET
async def status(request: HttpRequest) -> HttpResponse:
    """Answer what the orders service answers; 503 if it does not."""
    found = await _look()
    if found is None:
        return JsonResponse({"detail": "The orders service does not answer."}, status=503)
    return HttpResponse(found.body, status=found.status, content_type="application/json")


@require_GET
async def events(request: HttpRequest) -> HttpResponseBase:
    """Stream what `status` answers, at once whenever it changes."""
    if len(_open) >= _MOST_STREAMS:
        return JsonResponse({"detail": "There are enough streams; ask for the document itself."}, status=503)
    return StreamingHttpResponse(
        _events(), content_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )


async def _events() -> AsyncIterator[str]:
    mark, sent, silent_seconds = object(), "", 0.0
    _open.add(mark)
    try:
        yield beginning()
        for _ in range(round(STREAM_SECONDS / LOOK_SECONDS)):
            found = await _look()
            shown = found.body.decode() if found else '{"detail": "The orders service does not answer."}'
            if shown != sent:
                yield event(shown)
                sent, silent_seconds = shown, 0.0
            elif silent_seconds >= BEAT_SECONDS:
                yield event("")
                silent_seconds = 0.0
            await asyncio.sleep(LOOK_SECONDS)
            silent_seconds += LOOK_SECONDS
    finally:
        _open.discard(mark)


async def _look() -> Answer | None:
    try:
        return await calls().send_async(_STATUS, _TIMEOUT_SECONDS)
    except PostroadError:
        return None


urlpatterns = [
    path("", start_page, name="start"),
    path("tour/status.json", status, name="tour-status"),
    path("tour/events", events, name="tour-events"),
]
