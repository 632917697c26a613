"""Blocking connections with a maximum age, and with the deadline of a call.  See also: `sessions` (asyncio).

httpcore's time limits are for single reads, so a server that sends a byte now and then could occupy a thread for ever;
and it keeps connections as long as they are used, so a new instance behind a virtual IP would get no calls.
"""

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from typing_extensions import override

from postroad.extras import needs_extra

with needs_extra("calls"):
    import httpcore
    from httpcore import SOCKET_OPTION


class TooLong(Exception):
    """The body of an answer is longer than the limit."""


_ends_at: ContextVar[float] = ContextVar("postroad_reads_end", default=float("inf"))


@contextmanager
def reading_until(moment: float) -> Iterator[None]:
    """Limit the time of all reads and writes of a block together, by `time.monotonic`."""
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
    """A blocking connection."""

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
        # httpcore considers a readable idle connection closed by the server; an old one must look the same to it.
        return (info == "is_readable" and time.monotonic() > self._ends_at) or self._stream.get_extra_info(info)


class AgingBackend(httpcore.SyncBackend):
    """Opens connections that are closed at the age of `age_seconds`."""

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
