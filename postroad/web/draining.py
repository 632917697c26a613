"""Closes keep-alive connections before a web process is stopped, each after an answer.

When a pod is to stop, Kubernetes removes it from its Service and runs its preStop hook.  New connections go to other pods
then, but kept-alive ones still lead to this pod.  A request that is sent just when the server closes its connection is lost,
and a client must not send a POST again.  So the hook creates DRAIN_FILE, every later answer says `Connection: close`, and no
connection is left when the signal to stop arrives.
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
    """Return whether this process is about to be stopped.  It costs one check of a file, which should be on a memory volume."""
    name = WebSettings.current().drain_file
    return bool(name) and Path(name).exists()


def draining(application: Application) -> Application:
    """Return an ASGI application whose answers close their connections once this process is about to be stopped."""

    async def call(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        async def send_last(event: Event) -> None:
            if event["type"] == "http.response.start":
                event = {**event, "headers": [*event.get("headers", ()), (b"connection", b"close")]}
            await send(event)

        is_last = scope["type"] == "http" and is_draining()
        await application(scope, receive, send_last if is_last else send)

    return call
