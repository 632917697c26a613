"""The registry in a real HTTP server on a thread, which can be stopped and started again on the same port."""

import threading
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.core.wsgi import get_wsgi_application
from typing_extensions import override


class RegistryServer:
    """Serves the project's URLs on this machine; what the registry knows is the test's own."""

    def __init__(self) -> None:
        self.port = 0
        self._server: WSGIServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/eureka"

    def start(self) -> None:
        self._server = make_server("127.0.0.1", self.port, get_wsgi_application(), handler_class=_Silent)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        assert self._server is not None
        assert self._thread is not None
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
        assert not self._thread.is_alive()


class _Silent(WSGIRequestHandler):
    @override
    def log_message(self, format: str, *args: object) -> None: ...
