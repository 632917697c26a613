"""The registry in a real HTTP server on a thread, which can be stopped and started again on the same port."""

import threading

from django.core.wsgi import get_wsgi_application
from uvicorn import Server

from postroad.web.server import configuration, listen
from postroad.web.threads import InThreads


class RegistryServer:
    """Serves the project's URLs on this machine; what the registry knows is the test's own."""

    def __init__(self) -> None:
        self.port = 0
        self._application: InThreads | None = None
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/eureka"

    def start(self) -> None:
        listener = listen("127.0.0.1", self.port)
        self.port = listener.getsockname()[1]
        self._application = InThreads(get_wsgi_application(), threads=4, body_bytes=2_621_440)
        self._server = Server(configuration(self._application, grace_seconds=5.0))
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        assert self._server is not None
        assert self._thread is not None
        assert self._application is not None
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive()
        assert self._application.close()
