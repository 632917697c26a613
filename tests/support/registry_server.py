"""The registry in a real HTTP server on a thread, which can be stopped and started again on the same port."""

import threading
from typing import Any

from django.core.wsgi import get_wsgi_application
from waitress import wasyncore
from waitress.server import create_server


class RegistryServer:
    """Serves the project's URLs on this machine; what the registry knows is the test's own."""

    def __init__(self) -> None:
        self.port = 0
        self._server: Any = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/eureka"

    def start(self) -> None:
        self._server = create_server(get_wsgi_application(), host="127.0.0.1", port=self.port, threads=4)
        self.port = self._server.effective_port
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close everything, from inside the server's own loop: it may not lose a socket while it waits for it."""
        self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._server._map))
        assert self._thread is not None
        self._thread.join(10)
        assert not self._thread.is_alive()
        self._server.task_dispatcher.shutdown()
