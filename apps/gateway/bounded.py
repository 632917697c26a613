"""Django's ASGI application with a limit for request bodies, and one thread that is shared by all requests.

Django's ASGI handler stores the whole body on disk before any view runs, so a limit in a view would be too late.  It also
starts a thread for each request, only to call the few receivers of its signals.  WSGI has neither problem.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from asgiref.sync import SyncToAsync, ThreadSensitiveContext

from apps.gateway.conf import settings
from apps.gateway.problems import problem

Event = Mapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


class _TooLarge(Exception):
    """The request body is longer than the limit."""


def bounded(application: Application) -> Application:
    """Return the application with the limit GATEWAY_BODY_BYTES; a larger body is answered 413 and not read further."""
    one_thread = ThreadSensitiveContext()

    async def call(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        SyncToAsync.thread_sensitive_context.set(one_thread)  # Django's handler creates its own only if there is none
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        maximum, read, has_begun = settings().body_bytes, 0, False

        async def count() -> Event:
            nonlocal read
            event = await receive()
            read += len(event.get("body", b""))
            if read > maximum:
                raise _TooLarge
            return event

        async def note(event: Event) -> None:
            nonlocal has_begun
            has_begun = True
            await send(event)

        try:
            await application(scope, count, note)
        except _TooLarge:
            if not has_begun:
                await _refuse(maximum, send)

    return call


async def _refuse(maximum: int, send: Send) -> None:
    answer = problem(413, "body_too_large", f"The body is too large; the limit is {maximum} bytes.")
    headers = [(b"content-type", answer["Content-Type"].encode()), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content})
