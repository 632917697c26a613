"""Runs a WSGI application as an ASGI application: a request uses a thread only after it has arrived completely.

See also: `protocol`, which limits what a client may send.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import IO, Any
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication

Event = Mapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Headers = list[tuple[str, str]]

_IN_MEMORY_BYTES = 65_536
"""Bytes of a body in memory; the rest is kept in a file, so that many simultaneous requests do not fill the memory."""

_WHOLE_BYTES = 262_144
"""Maximum of an answer with a known length that is taken from the thread at once, so that the thread is free."""

_SEND_SECONDS = 60.0
"""Longest wait for a client that does not read; longer than the wait of the connection itself."""


class InThreads:
    """Runs a WSGI application in a fixed number of threads; further requests wait without a thread.

    Args:
        application: Called in the threads, each of which keeps its own connections to the database.
        threads: Number of threads, and so of requests that are answered at the same time.
        body_bytes: Largest body; of a longer one only one byte more is passed on, so that the application refuses it.
    """

    def __init__(self, application: WSGIApplication, *, threads: int, body_bytes: int) -> None:
        self._application, self._body_bytes = application, body_bytes
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="web")
        self._running: set[Future[bytes]] = set()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request; an incomplete request gets no answer."""
        with SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as body:
            length = await self._read(receive, body)
            if length is None:
                return
            answering = _Answering(self._application, _environ(scope, body, length), send, asyncio.get_running_loop())
            await answering.finish(await asyncio.wrap_future(self._submit(answering)))

    def _submit(self, answering: "_Answering") -> "Future[bytes]":
        future = self._pool.submit(answering.run)
        self._running.add(future)
        future.add_done_callback(self._running.discard)
        return future

    def close(self) -> bool:
        """Start no more requests; return at once, with whether none is running."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        return not self._running

    async def _read(self, receive: Receive, body: IO[bytes]) -> int | None:
        length = 0
        while True:
            event = await receive()
            if event["type"] == "http.disconnect":
                return None
            chunk = event.get("body", b"")[: self._body_bytes + 1 - length]
            length += len(chunk)
            body.write(chunk)
            if not event.get("more_body") or length > self._body_bytes:
                body.seek(0)
                return length


class _Answering:
    """One answer on its way from a thread to the event loop."""

    def __init__(
        self, application: WSGIApplication, environ: dict[str, Any], send: Send, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._application, self._environ, self._send, self._loop = application, environ, send, loop
        self._start: Event | None = None

    async def finish(self, rest: bytes) -> None:
        """Send the part of the answer that has not been sent yet."""
        if self._start is not None:
            await self._send(self._start)
        await self._send({"type": "http.response.body", "body": rest})

    def run(self) -> bytes:
        """Run the application, in a thread; return the part of its answer that has not been sent yet."""
        chunks = self._application(self._environ, self._start_response)
        try:
            return self._sent(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()

    def _sent(self, chunks: Iterable[bytes]) -> bytes:
        """Send a long or unfinished answer in parts; return the rest."""
        if getattr(chunks, "streaming", not isinstance(chunks, list)) is False:  # so Django marks a complete answer
            return self._measured(b"".join(chunks))
        waiting: list[bytes] = []
        for chunk in chunks:
            waiting.append(chunk)
            if not self._has_length() or sum(map(len, waiting)) > _WHOLE_BYTES:
                self._hand_over(b"".join(waiting))
                waiting.clear()
        return b"".join(waiting)

    def _measured(self, body: bytes) -> bytes:
        if self._start is not None and not self._has_length() and self._start["status"] not in (204, 304):
            self._start["headers"].append((b"content-length", str(len(body)).encode()))
        return body

    def _has_length(self) -> bool:
        return self._start is not None and any(name == b"content-length" for name, _ in self._start["headers"])

    def _hand_over(self, body: bytes) -> None:
        """Send a part of the answer, and wait until the client has room for more."""
        asyncio.run_coroutine_threadsafe(self._send_part(body), self._loop).result(_SEND_SECONDS)

    async def _send_part(self, body: bytes) -> None:
        if self._start is not None:
            start, self._start = self._start, None
            await self._send(start)
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    def _start_response(
        self,
        status: str,
        headers: Headers,
        exc_info: tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None = None,
        /,
    ) -> Callable[[bytes], object]:
        pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self._start = {"type": "http.response.start", "status": int(status.partition(" ")[0]), "headers": pairs}
        return self._hand_over


def _environ(scope: Mapping[str, Any], body: IO[bytes], length: int) -> dict[str, Any]:
    """Return a request in the form of PEP 3333."""
    server, client = scope.get("server") or ("localhost", 80), scope.get("client") or ("", 0)
    environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": str(client[0]),
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    environ |= _fields(scope["headers"])
    environ["CONTENT_LENGTH"] = environ.get("CONTENT_LENGTH") or str(length)  # a chunked body has no Content-Length
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return environ


def _fields(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers:
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        joint = "; " if key == "HTTP_COOKIE" else ","
        found[key] = f"{found[key]}{joint}{text}" if key in found else text
    return found
