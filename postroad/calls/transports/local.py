"""Calls to a service of the same process: its WSGI application is called as a function.  No network is involved.

The application has every service under its name, `/kitchen/v1/…`, as the one-process mode serves them.  It runs in the
caller's thread (from asyncio under WSGI: in the request's) and in an empty context, so that it sees no more of its caller
than it would over a network.  Code in a thread cannot be interrupted: a blocking call returns when the view has
ended, and raises `DeadlineExceeded` if that is too late; the application receives the deadline, like any server.
"""

import asyncio
import io
import sys
import time
from contextvars import Context
from typing import Any
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication

from asgiref.sync import sync_to_async
from typing_extensions import override

from postroad.calls import deadline
from postroad.calls.transport import Answer, Outgoing, Transport
from postroad.errors import DeadlineExceeded

CALL = "postroad.call"
"""Environ variable of requests from this process; no header of a client can become a variable of that name."""


class LocalTransport(Transport):
    """Calls within the process.

    Concurrency: as safe as the application.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    @override
    def send(self, outgoing: Outgoing, timeout_seconds: float) -> Answer:
        """Call the application in this thread."""
        ends_at = time.monotonic() + timeout_seconds
        answer = Context().run(self._call, environment(outgoing, timeout_seconds))
        if time.monotonic() > ends_at:
            raise DeadlineExceeded(f"{outgoing.call}: the answer came {time.monotonic() - ends_at:.3f} s too late.")
        return answer

    @override
    async def send_async(self, outgoing: Outgoing, timeout_seconds: float) -> Answer:
        """Call the application in the request's own thread; the task does not wait for it beyond the time.

        So an asynchronous view under WSGI needs no further threads and no further database connections.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                return await sync_to_async(self.send)(outgoing, timeout_seconds)
        except TimeoutError as error:
            raise DeadlineExceeded(f"{outgoing.call}: no answer in time.") from error

    def _call(self, environ: dict[str, Any]) -> Answer:
        status, given = 500, list[tuple[str, str]]()
        written: list[bytes] = []

        def start_response(line: str, headers: list[tuple[str, str]], error: object = None, /) -> Any:
            nonlocal status, given
            status, given = int(line.split(" ", 1)[0]), headers
            return written.append

        body = self._application(environ, start_response)
        try:
            written.extend(body)
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()
        headers = tuple((name.lower(), value) for name, value in given)
        return Answer(status=status, body=b"".join(written), headers=headers)


def environment(outgoing: Outgoing, timeout_seconds: float) -> dict[str, Any]:
    """Return the WSGI environment of a call (PEP 3333: the path is decoded, then read as Latin-1)."""
    path, _, query = outgoing.target.partition("?")
    headers = {"accept": "application/json", "host": "localhost", **outgoing.headers}
    headers[deadline.HEADER] = deadline.header_value(timeout_seconds)
    content_type = headers.pop("content-type", "application/json" if outgoing.body else "")
    return {
        "REQUEST_METHOD": outgoing.verb,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(f"/{outgoing.service}{path}").decode("latin-1"),
        "QUERY_STRING": query,
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(outgoing.body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        CALL: outgoing.call,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(outgoing.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }
