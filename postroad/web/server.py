"""Serves an ASGI application on one socket until a signal ends it.

SIGTERM and SIGINT close the socket, let what runs end for a while, and return; a second SIGINT does not wait.
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
"""Longer than our clients and usual proxies keep a connection (60), so that they, not we, end an idle one."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket on which connections wait from now on.

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
        listener: Is closed at the end.
        grace_seconds: How long requests may continue after the signal.
        at_stop: Is called in the signal's handler.
    """
    _Stoppable(configuration(application, grace_seconds=grace_seconds), at_stop).run(sockets=[listener])


def configuration(application: Any, *, grace_seconds: float) -> Config:
    """Return how uvicorn is to serve; a test runs it in a thread, which gets no signals."""
    return Config(
        application,
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        proxy_headers=False,  # trusted proxies are a setting of the application, not every client on this machine
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=grace_seconds,  # type: ignore[arg-type]  # asyncio takes fractions
    )


class _Stoppable(Server):
    """Returns after a signal, where uvicorn's own sends it to itself again."""

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
