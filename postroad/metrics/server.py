"""`/metrics` of a process that otherwise serves no HTTP: worker, relay, gRPC server.

It is imported only if METRICS_PORT is set, since it needs prometheus-client.
"""

import os
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import cast
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from typing_extensions import override

from postroad.errors import InvalidSetting
from postroad.extras import needs_extra
from postroad.messaging import watch
from postroad.metrics.database import DatabaseCollector
from postroad.metrics.messages import LagCollector, Lags, count
from postroad.metrics.registry import REGISTRY

with needs_extra("metrics"):
    from prometheus_client import CollectorRegistry, start_http_server
    from prometheus_client.metrics_core import Metric
    from prometheus_client.registry import Collector


def serve(port: int, *, lags: Lags | None = None, is_relay: bool = False) -> WSGIServer:
    """Answer scrapes in threads, until the process ends.

    Args:
        port: The port, on every address of the machine.
        lags: Of a worker: returns the lag of its channels.
        is_relay: Whether to serve the metrics from the database; one process of each service is enough.

    Raises:
        InvalidSetting: The port is taken.
    """
    shown = CollectorRegistry()
    shown.register(_Whole())
    try:
        server, _ = start_http_server(port, registry=shown)
    except OSError as error:
        raise InvalidSetting(
            f"METRICS_PORT {port} cannot be listened on ({error.strerror}); stop the program that listens there, choose"
            " another port, or 0 for none."
        ) from error
    server.RequestHandlerClass = _Handler
    server.set_app(_with_head(cast(WSGIApplication, server.get_app())))
    _keep_from_children(server)
    watch.add(count)
    if lags is not None:
        REGISTRY.register(LagCollector(lags))
    if is_relay:
        REGISTRY.register(DatabaseCollector())
    return server


class _Handler(WSGIRequestHandler):
    """Limits the time in which a scrape must arrive, and does not log scrapes."""

    timeout = 10.0  # seconds without a byte; each connection is a thread

    @override
    def handle(self) -> None:
        with suppress(TimeoutError):
            super().handle()

    @override
    def log_message(self, format: str, *args: object) -> None: ...


def _with_head(application: WSGIApplication) -> WSGIApplication:
    """Return an application that also answers HEAD: like GET, without the body (RFC 9110, 9.3.2)."""

    def call(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        is_head = environ["REQUEST_METHOD"] == "HEAD"
        body = application({**environ, "REQUEST_METHOD": "GET"} if is_head else environ, start_response)
        return [] if is_head else body

    return call


_scraping = threading.Lock()


class _Whole(Collector):
    """Collects all metrics, while no process is forked."""

    @override
    def collect(self) -> Iterable[Metric]:
        with _scraping:
            return list(REGISTRY.collect())


def _keep_from_children(server: WSGIServer) -> None:
    """Make forks of a pool safe: a child must not inherit a lock that a scrape holds, nor keep the port after this process."""

    def after_in_child() -> None:
        _scraping.release()
        server.socket.close()

    os.register_at_fork(before=_scraping.acquire, after_in_parent=_scraping.release, after_in_child=after_in_child)
