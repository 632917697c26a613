"""Asynchronous HTTP/1.1 by aiohttp: a session for each event loop.  See also: `connections` (threads), `rest` (calls).

It raises httpcore's errors, as `connections` does.  Reads and writes have no time limits of their own: the caller limits the
time of the whole call.
"""

import asyncio
import io
import re
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from typing_extensions import override

from postroad.calls.transports.connections import TooLong
from postroad.extras import needs_extra

with needs_extra("calls"):
    import aiohttp
    import httpcore
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import Connection
    from yarl import URL

LONGEST_HEADER_BYTES = 64 * 1024
"""Longest status line and longest header that are read; usual servers' own limits are of this size."""

_LARGE_BODY_BYTES = 1024 * 1024  # aiohttp wants a larger body as a file, which it sends piece by piece
_TARGET = re.compile(r"[!-\"$-~]+")  # RFC 9112, 3: a space or a line's end would end it; a fragment is not sent
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_VALUE = re.compile(r"[\t -~\x80-\xff]*")  # RFC 9110, 5.5


@dataclass(frozen=True, slots=True)
class Response:
    """An answer; the names of the headers are as sent."""

    status: int
    headers: Iterable[tuple[bytes, bytes]]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The limits of the connections of one session, in seconds and bytes."""

    age_seconds: float
    idle_seconds: float
    answer_bytes: int


class Connector(aiohttp.TCPConnector):
    """Opens and keeps connections.  Each service's bulkhead limits the number in use.

    aiohttp's own connector has no maximum age for a connection that is in use; and it treats data that a server sends on an
    idle connection, such as a late 408, as the answer to the next call (aiohttp issue 13656).
    """

    def __init__(self, bounds: Bounds, tls: ssl.SSLContext) -> None:
        super().__init__(
            limit=0,
            keepalive_timeout=bounds.idle_seconds,
            ssl=tls,
            resolver=aiohttp.ThreadedResolver(),
            use_dns_cache=False,  # the resolver decides on addresses
        )
        self._age_seconds = bounds.age_seconds
        self._opened_at: WeakKeyDictionary[ResponseHandler, float] = WeakKeyDictionary()

    @override
    async def _create_connection(self, *arguments: Any, **options: Any) -> ResponseHandler:
        protocol = await super()._create_connection(*arguments, **options)
        self._opened_at[protocol] = time.monotonic()
        return protocol

    @override
    async def _get(self, *arguments: Any, **options: Any) -> Connection | None:
        while (connection := await super()._get(*arguments, **options)) is not None:
            protocol = connection.protocol
            if protocol is not None and not protocol.should_close and not self._is_old(protocol):
                return connection
            connection.close()
        return None

    @override
    def _release(self, key: Any, protocol: ResponseHandler, *, should_close: bool = False) -> None:
        if should_close or protocol.should_close:
            protocol.abort()  # aiohttp would first wait until the server has read all that was written
        super()._release(key, protocol, should_close=should_close)

    def _is_old(self, protocol: ResponseHandler) -> bool:
        return time.monotonic() - self._opened_at.get(protocol, 0.0) >= self._age_seconds


class Session:
    """Sends requests from the tasks of one event loop."""

    def __init__(self, bounds: Bounds, tls: ssl.SSLContext) -> None:
        self._answer_bytes = bounds.answer_bytes
        self._session = aiohttp.ClientSession(
            connector=Connector(bounds, tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            skip_auto_headers=("accept-encoding", "content-type", "user-agent"),
            max_line_size=LONGEST_HEADER_BYTES,
            max_field_size=LONGEST_HEADER_BYTES,
        )

    async def send(
        self,
        verb: str,
        address: str,
        target: str,
        headers: Iterable[tuple[str, str]],
        body: bytes,
        *,
        connect_seconds: float,
    ) -> Response:
        """Send a request over a kept or new connection, at most once, and return its answer.

        After an error or a cancellation, the connection is closed before this returns, so that a place in a bulkhead is free
        only if its connection is.

        Raises:
            TooLong: The answer's body is larger than the limit.
            httpcore.ConnectError: There is no connection; nothing was sent.
            httpcore.ConnectTimeout: The same.
            httpcore.NetworkError: The connection broke.
            httpcore.ProtocolError: The request cannot be written, or the answer cannot be read.
        """
        request = self._session.request(
            verb,
            URL(address + _target(target), encoded=True),
            headers=[(name, _value(name, value)) for name, value in headers],
            data=io.BytesIO(body) if len(body) > _LARGE_BODY_BYTES else body or None,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_seconds),
            middlewares=(_Once(),),
        )
        try:
            with _errors():
                async with request as answer:
                    return Response(answer.status, answer.raw_headers, await self._read(answer))
        except BaseException:
            await asyncio.sleep(0)  # an aborted connection is closed in the next turn of the loop
            raise

    async def _read(self, answer: aiohttp.ClientResponse) -> bytes:
        """Return the body of an answer; a change of protocol is an error, since no request asks for one."""
        if answer.status == 101:
            raise httpcore.RemoteProtocolError("the server changes to another protocol")
        body = bytearray()
        async for chunk in answer.content.iter_any():
            body += chunk
            if len(body) > self._answer_bytes:
                answer.close()
                raise TooLong
        return bytes(body)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._session.close()


class _Once:
    """Lets a request be sent once: aiohttp itself sends a GET or PUT again, which is for the call's policy to decide."""

    def __init__(self) -> None:
        self._error: aiohttp.ClientError | None = None

    async def __call__(self, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
        if self._error is not None:
            raise self._error
        try:
            return await send(request)
        except aiohttp.ClientError as error:
            self._error = error
            raise


def _target(target: str) -> str:
    """Return the target of a request if it can be written; aiohttp itself would write a space or a line's end, too."""
    if not _TARGET.fullmatch(target):
        raise httpcore.LocalProtocolError(f"{target!r} is not a valid target of a request")
    return target


def _value(name: str, value: str) -> str:
    """Return the value of a header as aiohttp takes it, whose text it writes as UTF-8; ours stands for bytes, as Latin-1."""
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        raise httpcore.LocalProtocolError(f"the header {name!r} cannot be written")
    try:
        return value if value.isascii() else value.encode("latin-1").decode()
    except UnicodeDecodeError as error:
        raise httpcore.LocalProtocolError(f"the header {name!r} is not UTF-8") from error


@contextmanager
def _errors() -> Iterator[None]:
    """Convert aiohttp's errors to httpcore's."""
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:
        raise httpcore.ConnectTimeout(str(error)) from error
    except aiohttp.ClientConnectorError as error:
        raise httpcore.ConnectError(str(error)) from error
    except aiohttp.ClientResponseError as error:
        raise httpcore.RemoteProtocolError(error.message) from error
    except aiohttp.ClientError as error:
        raise httpcore.ReadError(str(error)) from error
