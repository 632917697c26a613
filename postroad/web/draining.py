"""Closes keep-alive connections before a web process is stopped, each after an answer.

When a pod goes, Kubernetes takes it out of its Service and runs its preStop hook.  New connections lead elsewhere then,
but those that are kept alive still lead here, and a request sent over one just when the server closes it is lost: a
client may not send a POST again.  So the hook makes DRAIN_FILE, every answer from then on says `Connection: close`, and
when the signal to stop comes there is no connection left.
"""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from postroad.web.conf import WebSettings

Event = Mapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


def is_draining() -> bool:
    """Return whether this process is about to be stopped.  Costs one look at a file, which is to be in memory."""
    name = WebSettings.current().drain_file
    return bool(name) and Path(name).exists()


def draining(application: Application) -> Application:
    """Return an ASGI application whose answers close their connections once it is time to."""

    async def call(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        async def send_last(event: Event) -> None:
            if event["type"] == "http.response.start":
                event = {**event, "headers": [*event.get("headers", ()), (b"connection", b"close")]}
            await send(event)

        is_last = scope["type"] == "http" and is_draining()
        await application(scope, receive, send_last if is_last else send)

    return call
