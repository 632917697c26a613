"""Connections of asyncio that end at their greatest age.  Not: limits of one read; `asyncio.timeout` bounds the call.

httpcore's own reach asyncio through anyio, which opens time limits and tasks' scopes around each read; connections that
hand over what has arrived make a call a third shorter (bench P4, P5).
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, cast

import httpcore
from httpcore import SOCKET_OPTION
from typing_extensions import override

HELD_BYTES = 256 * 1024
"""The most that waits here to be read; the server is held back by TCP until it is taken."""


class Wire(asyncio.Protocol):
    """One connection's two directions: what has arrived, and whether more may be written."""

    transport: asyncio.Transport  # there from `connection_made` on, which comes before all else

    def __init__(self) -> None:
        self._arrived = bytearray()
        self._is_over, self._is_held_back = False, False
        self._lost: Exception | None = None
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None

    @property
    def is_readable(self) -> bool:
        """Whether a read would not wait; said of an idle connection, that the server closed it or broke the rules."""
        return self._is_over or bool(self._arrived)

    async def read(self, max_bytes: int) -> bytes:
        """Return what has arrived, waiting for it if need be; nothing means the end."""
        if not self.is_readable:
            self._reader = asyncio.get_running_loop().create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        if not self._arrived and self._lost:
            raise httpcore.ReadError(str(self._lost)) from self._lost
        taken = bytes(self._arrived[:max_bytes])
        del self._arrived[:max_bytes]
        if self._is_held_back and len(self._arrived) < HELD_BYTES:
            self._is_held_back = False
            self.transport.resume_reading()
        return taken

    async def write(self, data: bytes) -> None:
        """Write, waiting while the buffers below are full."""
        if self._lost or self.transport.is_closing():
            raise httpcore.WriteError(str(self._lost or "the connection is closed"))
        self.transport.write(data)
        if self._writer:
            await asyncio.shield(self._writer)

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._arrived += data
        if len(self._arrived) >= HELD_BYTES and not self._is_held_back:
            self._is_held_back = True
            self.transport.pause_reading()
        _wake(self._reader)

    @override
    def eof_received(self) -> None:
        self._is_over = True
        _wake(self._reader)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._is_over, self._lost = True, exc
        _wake(self._reader)
        self.resume_writing()

    @override
    def pause_writing(self) -> None:
        self._writer = asyncio.get_running_loop().create_future()

    @override
    def resume_writing(self) -> None:
        _wake(self._writer)
        self._writer = None


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter and not waiter.done():
        waiter.set_result(None)


class Stream(httpcore.AsyncNetworkStream):
    """A wire in httpcore's terms."""

    def __init__(self, wire: Wire, ends_at: float) -> None:
        self._wire, self._ends_at = wire, ends_at

    @override
    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._wire.read(max_bytes)

    @override
    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            await self._wire.write(buffer)

    @override
    async def aclose(self) -> None:
        self._wire.transport.close()

    @override
    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                secured = await asyncio.get_running_loop().start_tls(
                    self._wire.transport, self._wire, ssl_context, server_hostname=server_hostname
                )
        except TimeoutError as error:
            await self.aclose()
            raise httpcore.ConnectTimeout(f"no TLS handshake in {timeout} s") from error
        except (OSError, ssl.SSLError) as error:
            await self.aclose()
            raise httpcore.ConnectError(str(error)) from error
        self._wire.transport = cast("asyncio.Transport", secured)
        return self

    @override
    def get_extra_info(self, info: str) -> Any:
        if info == "is_readable":  # of an idle connection: not to be used again
            return self._wire.is_readable or time.monotonic() > self._ends_at
        name = _ASYNCIO_NAMES.get(info)
        return self._wire.transport.get_extra_info(name) if name else None


async def _connected(hosts: Sequence[str], port: int) -> Wire:
    """Return a connection to the first address that takes one.

    Raises:
        OSError: None does; the error is the last one's.
    """
    loop = asyncio.get_running_loop()
    for host in hosts[:-1]:
        with suppress(OSError):
            return (await loop.create_connection(Wire, host, port))[1]
    return (await loop.create_connection(Wire, hosts[-1], port))[1]


_ASYNCIO_NAMES = {"ssl_object": "ssl_object", "socket": "socket", "client_addr": "sockname", "server_addr": "peername"}


class AgingAsyncBackend(httpcore.AsyncNetworkBackend):
    """Opens connections that end at `age_seconds`."""

    def __init__(self, age_seconds: float) -> None:
        self._age_seconds = age_seconds

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        try:
            # The limit is for the connection: a name server that is slow says nothing about the service, and blocking
            # look-ups are not bound by it either (`connections`).  The call's own time bounds both.
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            async with asyncio.timeout(timeout):
                wire = await _connected([str(address[0]) for *_, address in found], port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"no connection in {timeout} s") from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        return Stream(wire, time.monotonic() + self._age_seconds)

    @override
    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
