"""Server-sent events that send a document again whenever it has changed.

A stream occupies a thread of the web server, so their number is bounded and each ends after a while; the browser opens
a new one.
Source: "Server-sent events", HTML Living Standard, §9.2.
"""

import json
import threading
from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse

MAX_STREAMS = 4
"""Open streams of a process; the page polls the document if it gets none."""

MAX_ALONE = 1
"""Open streams in a process of one service, which has few threads for its API."""

LOOK_SECONDS = 0.15  # between looks at the document: the saga of an order takes about ten times as long
BEAT_SECONDS = 5.0  # between empty events, by which a closed connection is noticed
STREAM_SECONDS = 60.0  # then the browser opens a new stream, perhaps at another process
_AGAIN_MILLISECONDS = 500


def beginning() -> str:
    """Return the first text of a stream: after how many milliseconds the browser opens a new one."""
    return f"retry: {_AGAIN_MILLISECONDS}\n\n"


def event(data: str) -> str:
    """Return one event; without data it is a comment, which keeps the connection open."""
    return f"data: {data}\n\n" if data else ": alive\n\n"


class Streams:
    """The open streams of this process.

    Concurrency: safe in many threads.
    """

    def __init__(self, *, maximum: int = MAX_STREAMS) -> None:
        self._free = threading.BoundedSemaphore(maximum)
        self._stop = threading.Event()

    def close(self) -> None:
        """End all streams within `LOOK_SECONDS`, and open no new ones."""
        self._stop.set()

    def answer(self, request: HttpRequest, look: Callable[[], object]) -> HttpResponse | StreamingHttpResponse:
        """Answer with a stream of what `look` returns; 503 if the maximum is open, or the process ends."""
        if self._stop.is_set() or not self._free.acquire(blocking=False):
            busy = JsonResponse(
                {"detail": "The maximum number of streams is open; get tour/status.json instead."}, status=503
            )
            busy["Retry-After"] = "5"
            return busy
        response = StreamingHttpResponse(
            _Stream(self._events(look), self._free.release), content_type="text/event-stream"
        )
        response["Cache-Control"] = "no-store"
        response["X-Accel-Buffering"] = "no"
        return response

    def _events(self, look: Callable[[], object]) -> Iterator[str]:
        yield beginning()
        sent, silent_seconds = "", 0.0
        for _ in range(round(STREAM_SECONDS / LOOK_SECONDS)):
            shown = json.dumps(look(), default=str)
            if shown != sent:
                yield event(shown)
                sent, silent_seconds = shown, 0.0
            elif silent_seconds >= BEAT_SECONDS:
                yield event("")
                silent_seconds = 0.0
            if self._stop.wait(LOOK_SECONDS):
                return
            silent_seconds += LOOK_SECONDS


class _Stream:
    """Events, and a function to call at their end in every case; a generator that was never started would not call it."""

    def __init__(self, events: Iterator[str], at_end: Callable[[], None]) -> None:
        self._events, self._at_end = events, at_end
        self._has_ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            return next(self._events)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Call the function, once; the server calls this at the end of every response."""
        if not self._has_ended:
            self._has_ended = True
            self._at_end()
