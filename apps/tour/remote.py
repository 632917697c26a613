"""The start page of a gateway that runs alone: it shows the figures and sagas of the orders service.  Async.

See also: `views`, which has the page.
"""

import asyncio
from collections.abc import AsyncIterator

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.views.decorators.http import require_GET

from apps.tour.stream import BEAT_SECONDS, LOOK_SECONDS, STREAM_SECONDS, beginning, event
from apps.tour.views import start_page
from postroad.calls.client import calls
from postroad.calls.transport import Answer, Outgoing
from postroad.errors import PostroadError

_STATUS = Outgoing(service="orders", call="orders.status", target="/tour/status.json")
_TIMEOUT_SECONDS = 1.0
_MAX_STREAMS = 50  # they cost little: the orders service is asked once in LOOK_SECONDS for all of them
_open: set[object] = set()


class SharedLook:
    """The answer of the orders service, asked for once in `LOOK_SECONDS` and shared by all streams.

    Concurrency: for the tasks of one event loop; a task that asks during a request waits for its answer.
    """

    def __init__(self) -> None:
        self._task: asyncio.Task[Answer | None] | None = None
        self._asked_at = float("-inf")

    async def look(self) -> Answer | None:
        """Return an answer that is not older than that; None if the service does not answer."""
        loop = asyncio.get_running_loop()
        task = self._task
        if task is None or task.get_loop() is not loop or (task.done() and self._is_old(loop)):
            self._asked_at = loop.time()
            task = self._task = loop.create_task(_ask())
        return await asyncio.shield(task)  # a task that is cancelled does not cancel the others' request

    def _is_old(self, loop: asyncio.AbstractEventLoop) -> bool:
        return loop.time() - self._asked_at >= LOOK_SECONDS


_shared = SharedLook()


@require_GET
async def status(request: HttpRequest) -> HttpResponse:
    """Answer as the orders service does; 503 if it does not answer."""
    found = await _shared.look()
    if found is None:
        return JsonResponse({"detail": "The orders service does not answer."}, status=503)
    return HttpResponse(found.body, status=found.status, content_type="application/json")


@require_GET
async def events(request: HttpRequest) -> HttpResponseBase:
    """Stream the document of `status`, at once when it changes."""
    if len(_open) >= _MAX_STREAMS:
        return JsonResponse(
            {"detail": "The maximum number of streams is open; get tour/status.json instead."}, status=503
        )
    return StreamingHttpResponse(
        _events(), content_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )


async def _events() -> AsyncIterator[str]:
    mark, sent, silent_seconds = object(), "", 0.0
    _open.add(mark)
    try:
        yield beginning()
        for _ in range(round(STREAM_SECONDS / LOOK_SECONDS)):
            found = await _shared.look()
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


async def _ask() -> Answer | None:
    try:
        return await calls().send_async(_STATUS, _TIMEOUT_SECONDS)
    except PostroadError:
        return None


urlpatterns = [
    path("", start_page, name="start"),
    path("tour/status.json", status, name="tour-status"),
    path("tour/events", events, name="tour-events"),
]
