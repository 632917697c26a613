"""Serves an ASGI application on one socket until a signal ends it.

After SIGTERM or SIGINT it closes the socket, waits a limited time for running requests, and returns; a second SIGINT ends the wait.
"""

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from typing_extensions import override

from postroad.extras import needs_extra
from postroad.web.protocol import BoundedProtocol

with needs_extra("web"):
    from uvicorn import Config, Server

KEEP_ALIVE_SECONDS = 75
"""Longer than our clients and usual proxies keep a connection (60), so that they, not the server, close an idle one."""


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; connections wait on it until they are served.

    Raises:
        OSError: The port cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2048)


def serve(
    application: Any, listener: socket.socket, *, grace_seconds: float, at_stop: Callable[[], None] = lambda: None
) -> None:
    """Serve until a signal ends it.

    Args:
        application: ASGI.
        listener: The socket; it is closed at the end.
        grace_seconds: How long requests may continue after the signal.
        at_stop: A function that is called in the signal's handler.
    """
    _Stoppable(configuration(application, grace_seconds=grace_seconds), at_stop).run(sockets=[listener])


def configuration(application: Any, *, grace_seconds: float) -> Config:
    """Return uvicorn's configuration; a test runs it in a thread, which receives no signals."""
    return Config(
        application,
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        proxy_headers=False,  # the application's setting says which proxies are trusted; uvicorn would trust every client on this machine
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=grace_seconds,  # type: ignore[arg-type]  # asyncio takes fractions
    )


class _Stoppable(Server):
    """A server that returns after a signal; uvicorn's own raises the signal again."""

    def __init__(self, config: Config, at_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._at_stop = at_stop

    @contextmanager
    @override
    def capture_signals(self) -> Iterator[None]:
        handled = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in handled.items():
                signal.signal(number, handler)

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
        self._at_stop()
