"""A web process: `python -m config.web`, which serves the gateway's ASGI application, or another service's WSGI in threads.

One process with threads: Kubernetes counts and restarts processes, and metrics and registration are of one.
SIGTERM closes the socket, finishes what runs for WEB_GRACE_SECONDS at most, and ends; the pod's grace must be longer.
"""

import atexit
import logging
import os
import resource
import signal
from importlib import import_module
from types import FrameType
from typing import Any

from config.environment import number, text
from config.services import GATEWAY, service_name
from postroad.errors import InvalidSetting
from postroad.metrics.port import serve_metrics
from postroad.web.draining import draining
from postroad.web.server import listen, serve
from postroad.web.threads import InThreads

log = logging.getLogger("postroad.web")

_BODY_BYTES = 2_621_440
"""Largest body of a form of the admin, which is Django's default; JSON is refused above 1 MB."""


def main() -> None:
    """Serve until a signal ends the process.

    Raises:
        SystemExit: A variable cannot be used, or the port is taken.
    """
    signal.signal(signal.SIGTERM, _end_early)  # until `serve` takes it: what is registered by then has to leave
    host, port = text("WEB_HOST", "0.0.0.0"), number("PORT", 8000, maximum=65535)  # noqa: S104 - a pod's own address
    grace_seconds = number("WEB_GRACE_SECONDS", 25)
    application = _application(number("WEB_THREADS", 4))
    try:
        serve_metrics()
    except InvalidSetting as error:
        raise SystemExit(f"postroad: {error}") from error
    _raise_limit_of_sockets()
    try:
        listener = listen(host, port)
    except OSError as error:
        raise SystemExit(f"postroad: {host}:{port} cannot be listened on ({error.strerror}); set PORT.") from error
    log.info("Listening at: http://%s:%s", host, port)
    serve(
        draining(application),
        listener,
        grace_seconds=grace_seconds,
        at_stop=import_module("apps.tour.views").STREAMS.close,
    )
    if isinstance(application, InThreads) and not application.close():
        _end_at_once()


def _end_early(_number: int, _frame: FrameType | None) -> None:
    """End a process that does not serve yet, or any more, as one that has: with status 0, and `atexit` done."""
    raise SystemExit(0)


def _application(threads: int) -> Any:
    if service_name() == GATEWAY:
        return import_module("config.asgi").application
    return InThreads(import_module("config.wsgi").application, threads=threads, body_bytes=_BODY_BYTES)


def _end_at_once() -> None:
    """End, although a thread is still at work: Python itself would wait for it, however long it takes."""
    log.warning("requests given up: they took longer than WEB_GRACE_SECONDS")
    atexit._run_exitfuncs()  # noqa: SLF001 - what os._exit leaves out, such as leaving the registry
    os._exit(0)


def _raise_limit_of_sockets() -> None:
    _, maximum = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (maximum, maximum))


if __name__ == "__main__":
    main()
