"""Sockets of httpcore that end: at a connection's greatest age, and at the deadline of a call.  Not: HTTP.

httpcore's time limits are for one read each, so a server that sends a byte now and then could hold a thread for ever;
and its connections live as long as they are used, so a new instance behind a virtual IP would get no calls.
"""

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore
from httpcore import SOCKET_OPTION
from typing_extensions import override

_ends_at: ContextVar[float] = ContextVar("postroad_reads_end", default=float("inf"))


@contextmanager
def reading_until(moment: float) -> Iterator[None]:
    """Bound all reads and writes of a block together, by `time.monotonic`."""
    token = _ends_at.set(moment)
    try:
        yield
    finally:
        _ends_at.reset(token)


def _clamped(timeout: float | None) -> float:
    left = _ends_at.get() - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the deadline of the call has passed")
    return left if timeout is None else min(timeout, left)


class Aged(httpcore.NetworkStream):
    """A connection of the blocking colour."""

    def __init__(self, stream: httpcore.NetworkStream, ends_at: float) -> None:
        self._stream, self._ends_at = stream, ends_at

    @override
    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _clamped(timeout))

    @override
    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _clamped(timeout))

    @override
    def close(self) -> None:
        self._stream.close()

    @override
    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return Aged(self._stream.start_tls(ssl_context, server_hostname, timeout), self._ends_at)

    @override
    def get_extra_info(self, info: str) -> Any:
        return _is_over(info, self._ends_at) or self._stream.get_extra_info(info)


class AgedAsync(httpcore.AsyncNetworkStream):
    """A connection of the asyncio colour, where `asyncio.timeout` bounds the reads."""

    def __init__(self, stream: httpcore.AsyncNetworkStream, ends_at: float) -> None:
        self._stream, self._ends_at = stream, ends_at

    @override
    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._stream.read(max_bytes, timeout)

    @override
    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, timeout)

    @override
    async def aclose(self) -> None:
        await self._stream.aclose()

    @override
    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        return AgedAsync(await self._stream.start_tls(ssl_context, server_hostname, timeout), self._ends_at)

    @override
    def get_extra_info(self, info: str) -> Any:
        return _is_over(info, self._ends_at) or self._stream.get_extra_info(info)


def _is_over(info: str, ends_at: float) -> bool:
    """Say "readable" of an old idle connection: httpcore takes that for a connection the server has closed."""
    return info == "is_readable" and time.monotonic() > ends_at


class AgingBackend(httpcore.SyncBackend):
    """Opens connections that end at `age_seconds`."""

    def __init__(self, age_seconds: float) -> None:
        self._age_seconds = age_seconds

    @override
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        stream = super().connect_tcp(host, port, timeout, local_address, socket_options)
        return Aged(stream, time.monotonic() + self._age_seconds)


class AgingAsyncBackend(httpcore.AnyIOBackend):
    """The same for asyncio."""

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
        stream = await super().connect_tcp(host, port, timeout, local_address, socket_options)
        return AgedAsync(stream, time.monotonic() + self._age_seconds)
