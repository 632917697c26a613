"""HTTP/1.1 by asyncio: whole requests and answers, read by httptools.  Not: threads (`connections`), calls (`rest`).

httptools is the parser of Node.js, which uvicorn reads requests with.  Errors are httpcore's, as those of threads are.
Reads and writes have no time limits of their own: who waits for an answer bounds the whole of it.
"""

import asyncio
import re
import socket
import ssl
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

import httpcore
import httptools
from typing_extensions import override

from postroad.calls.discovery.resolver import Endpoint

MOST_HEAD_BYTES = 64 * 1024
"""Longest status line with headers that is read; usual servers' own limits are of this size."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_DEFAULT_PORTS = {"http": 80, "https": 443}


class TooLong(Exception):
    """The body of an answer is longer than it may be."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; the names of the headers are in lower case."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Of the connections to one address: seconds, connections and bytes."""

    age_seconds: float
    idle_seconds: float
    most_idle: int
    most_bytes: int


class Connection(asyncio.Protocol):
    """One connection, with one request at a time on it.

    Attributes:
        is_over: Not to be used again: closed by either side, or the server has said something that nobody asked for.
    """

    transport: asyncio.Transport  # there from `connection_made` on, which comes before all else

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._ends_at, self.idle_since, self.is_over = float("inf"), 0.0, False
        self._answer: asyncio.Future[Response] | None = None
        self._closed = asyncio.Event()
        self._begin()

    def age_from_now(self, seconds: float) -> None:
        """Let the connection be used for so long."""
        self._ends_at = time.monotonic() + seconds

    def is_usable(self, idle_seconds: float) -> bool:
        """Return whether an idle connection may take another request."""
        now = time.monotonic()
        return not self.is_over and now < self._ends_at and now - self.idle_since < idle_seconds

    async def exchange(self, request: bytes, *, is_head: bool) -> Response:
        """Send a request and return its answer; the connection is over after an error, a cancellation included.

        One that is over is closed on return: a place in a bulkhead is free only when its connection is.

        Raises:
            TooLong: The answer's body is.
            httpcore.NetworkError: The connection broke.
            httpcore.ProtocolError: The answer is no HTTP/1.1, or has too long a head.
        """
        self._parser, self._is_head, self._head_bytes = httptools.HttpResponseParser(self), is_head, 0
        self._begin()
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        try:
            return await self._answer
        except BaseException:
            self.is_over = True
            raise
        finally:
            self._answer, self.idle_since = None, time.monotonic()
            if self.is_over:
                await self.ended()

    def end(self) -> None:
        """Close the connection, whatever is under way on it; the event loop does it next."""
        self.is_over = True
        self.transport.abort()

    async def ended(self) -> None:
        """Close the connection and wait until it is."""
        self.end()
        await self._closed.wait()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        if self._answer is None or self._answer.done():  # a late 408 must not become the next request's answer
            self.end()
            return
        self._head_bytes += 0 if self._has_head else len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(httpcore.RemoteProtocolError("the server changes to another protocol"))
        except httptools.HttpParserError as error:
            self._fail(httpcore.RemoteProtocolError(str(error)))
        if not self._has_head and self._head_bytes > MOST_HEAD_BYTES:
            self._fail(httpcore.RemoteProtocolError(f"the head is longer than {MOST_HEAD_BYTES} bytes"))

    @override
    def eof_received(self) -> None:
        self.is_over = True

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.is_over = True
        self._closed.set()
        if exc is None and self._answer and self._has_head and not _is_framed(self._headers):
            self._succeed()  # such a body ends with its connection (RFC 9112, 6.3)
        self._fail(httpcore.ReadError(str(exc or "the server closed the connection")))

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._begin()
        if self._answer is None or self._answer.done():
            self.end()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser."""
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        self._has_head, self._is_kept = True, self._parser.should_keep_alive()
        self._status = self._parser.get_status_code()
        if self._is_head and self._status >= 200:
            self._succeed()  # whatever length it announces, no body follows

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._body += body
        if len(self._body) > self._most_bytes:
            self._fail(TooLong())

    def on_message_complete(self) -> None:
        """Called by the parser."""
        if self._status >= 200:  # else an interim answer; the answer follows
            self._succeed()

    def _begin(self) -> None:
        self._status, self._has_head, self._is_kept = 0, False, False
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()

    def _succeed(self) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_result(Response(self._status, self._headers, bytes(self._body)))
            if not self._is_kept:
                self.end()

    def _fail(self, error: Exception) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(error)


class Pool:
    """Connections to one address: the one used last is used next, so that those not needed grow old.

    Concurrency: for the tasks of one event loop.  How many are used at once is bounded by each service's bulkhead.
    """

    def __init__(self, endpoint: Endpoint, *, bounds: Bounds, tls: ssl.SSLContext) -> None:
        self._endpoint, self._bounds, self._tls = endpoint, bounds, tls
        self._idle: list[Connection] = []

    async def send(self, request: bytes, *, is_head: bool, connect_seconds: float) -> Response:
        """Send a request over a kept or new connection and return its answer.

        Raises:
            TooLong: The answer's body is.
            httpcore.ConnectError: There is no connection; nothing was sent.
            httpcore.ConnectTimeout: The same.
            httpcore.NetworkError: The connection broke.
            httpcore.ProtocolError: The answer is no HTTP/1.1.
        """
        connection = await self._take() or await self._open(connect_seconds)
        response = await connection.exchange(request, is_head=is_head)
        if not connection.is_over:
            self._keep(connection)
        return response

    def close(self) -> None:
        """Close the connections that wait."""
        while self._idle:
            self._idle.pop().end()

    async def _take(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable(self._bounds.idle_seconds):
                return connection
            await connection.ended()
        return None

    def _keep(self, connection: Connection) -> None:
        self._idle.append(connection)
        bounds = self._bounds
        while len(self._idle) > bounds.most_idle or (self._idle and not self._idle[0].is_usable(bounds.idle_seconds)):
            self._idle.pop(0).end()

    async def _open(self, seconds: float) -> Connection:
        endpoint, loop = self._endpoint, asyncio.get_running_loop()
        try:
            # The limit is for the connection: a name server that is slow says nothing about the service, and blocking
            # look-ups are not bound by it either (`connections`).  The call's own time bounds both.
            found = await loop.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
            async with asyncio.timeout(seconds):
                connection = await self._connect([str(address[0]) for *_, address in found])
            if endpoint.is_secure:
                async with asyncio.timeout(seconds):
                    await self._secure(connection)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"no connection in {seconds} s") from error
        except OSError as error:  # ssl.SSLError is one
            raise httpcore.ConnectError(str(error)) from error
        connection.age_from_now(self._bounds.age_seconds)
        return connection

    async def _connect(self, hosts: Sequence[str]) -> Connection:
        """Return a connection to the first address that takes one.  Raises OSError: None does; it is the last one's."""
        connect, port = asyncio.get_running_loop().create_connection, self._endpoint.port
        for host in hosts[:-1]:
            with suppress(OSError):
                return (await connect(lambda: Connection(self._bounds.most_bytes), host, port))[1]
        return (await connect(lambda: Connection(self._bounds.most_bytes), hosts[-1], port))[1]

    async def _secure(self, connection: Connection) -> None:
        try:
            secured = await asyncio.get_running_loop().start_tls(
                connection.transport, connection, self._tls, server_hostname=self._endpoint.host
            )
        except BaseException:
            await connection.ended()
            raise
        connection.transport = cast("asyncio.Transport", secured)


def written(verb: str, endpoint: Endpoint, target: str, headers: Iterable[tuple[str, str]], body: bytes) -> bytes:
    """Return a request as it is sent.

    Raises:
        httpcore.LocalProtocolError: It would be read as something else: a line's end within a line, a space in the
            target, a name that is none.
    """
    lines = [f"{verb} {target} HTTP/1.1", f"host: {_host(endpoint)}"]
    for name, value in headers:
        if not _NAME.fullmatch(name):
            raise httpcore.LocalProtocolError(f"{name!r} is no name of a header")
        lines.append(f"{name}: {value}")
    text = "\r\n".join(lines)
    if text.count("\r") != len(lines) - 1 or text.count("\n") != len(lines) - 1 or "\0" in text or " " in target:
        raise httpcore.LocalProtocolError("the target or a header contains what would end it")
    try:
        return text.encode("latin-1") + b"\r\n\r\n" + body
    except UnicodeEncodeError as error:
        raise httpcore.LocalProtocolError(f"the target or a header cannot be written: {error}") from error


def _host(endpoint: Endpoint) -> str:
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    scheme = "https" if endpoint.is_secure else "http"
    return host if endpoint.port == _DEFAULT_PORTS[scheme] else f"{host}:{endpoint.port}"


def _is_framed(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in headers)
