"""The gateway with another HTTP client: `python -m bench.rivals.http_clients httpcore`.

Each client is as small an adapter of the transport's port as the measured calls need, in the client's own best form:
one pool per event loop, connections kept for the same seconds, no redirects, cookies, proxies or decompression.  The
deadline of the whole call is asyncio's, as ours is.  Bounds of bytes and of a connection's age are left out.
"""

import asyncio
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Protocol

import httpcore
import pyreqwest.client
import pyreqwest.exceptions
from typing_extensions import override

from config import web
from postroad.calls import client, deadline
from postroad.calls.transport import Answer, Outgoing, choose, note_failure
from postroad.calls.transports.loops import PerLoop
from postroad.calls.transports.rest import IDLE_CONNECTIONS, IDLE_SECONDS, RestTransport, limits_in_force
from postroad.errors import DeadlineExceeded, ServiceUnavailable

Headers = Mapping[str, str]


class HttpClient(Protocol):
    """One client in one event loop."""

    async def exchange(self, verb: str, url: str, headers: Headers, body: bytes, seconds: float) -> Answer:
        """Send a request and read the whole answer."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class HttpCore(HttpClient):
    """httpcore, the engine of httpx, over anyio."""

    def __init__(self, connect_seconds: float) -> None:
        self._connect_seconds = connect_seconds
        self._pool = httpcore.AsyncConnectionPool(
            max_connections=None, max_keepalive_connections=IDLE_CONNECTIONS, keepalive_expiry=IDLE_SECONDS
        )

    @override
    async def exchange(self, verb: str, url: str, headers: Headers, body: bytes, seconds: float) -> Answer:
        answer = await self._pool.request(
            verb,
            url,
            headers=list(headers.items()),
            content=body,
            extensions={"timeout": {"connect": self._connect_seconds}},
        )
        pairs = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers)
        return Answer(status=answer.status, body=answer.content, headers=_lower(pairs))

    @override
    async def aclose(self) -> None:
        await self._pool.aclose()


class PyReqwest(HttpClient):
    """pyreqwest: reqwest and hyper, in Rust, on a thread of their own."""

    def __init__(self, connect_seconds: float) -> None:
        self._client = (
            pyreqwest.client.ClientBuilder()
            .no_proxy()
            .follow_redirects(enable=False)
            .gzip(enable=False)
            .brotli(enable=False)
            .zstd(enable=False)
            .deflate(enable=False)
            .connect_timeout(timedelta(seconds=connect_seconds))
            .pool_idle_timeout(timedelta(seconds=IDLE_SECONDS))
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .build()
        )

    @override
    async def exchange(self, verb: str, url: str, headers: Headers, body: bytes, seconds: float) -> Answer:
        request = self._client.request(verb, url).headers(headers)
        answer = await (request.body_bytes(body) if body else request).build().send()
        return Answer(status=answer.status, body=bytes(await answer.bytes()), headers=_lower(answer.headers.items()))

    @override
    async def aclose(self) -> None:
        await self._client.close()


CLIENTS: Mapping[str, Callable[[float], HttpClient]] = {
    "httpcore": HttpCore,
    "pyreqwest": PyReqwest,
}
"""Name of the distribution → client."""

_BROKEN = (httpcore.NetworkError, pyreqwest.exceptions.RequestError)


def transport(make: Callable[[float], HttpClient]) -> type[RestTransport]:
    """Return a transport whose asynchronous calls go through a client."""

    class Peer(RestTransport):
        _clients = PerLoop(lambda: make(limits_in_force().connect_seconds), lambda client: client.aclose())

        @override
        async def send_async(self, outgoing: Outgoing, timeout_seconds: float) -> Answer:
            endpoint = choose(self._resolver, outgoing.service, outgoing)
            headers = {
                "accept": "application/json",
                **outgoing.headers,
                deadline.HEADER: deadline.header_value(timeout_seconds),
            }
            if outgoing.body:
                headers.setdefault("content-type", "application/json")
            try:
                async with asyncio.timeout(timeout_seconds):
                    return await self._clients.get().exchange(
                        outgoing.verb, endpoint.url + outgoing.target, headers, outgoing.body, timeout_seconds
                    )
            except TimeoutError as error:
                note_failure(self._resolver, outgoing.service, outgoing, endpoint)
                raise DeadlineExceeded(f"{outgoing.call}: {endpoint.url} gave no whole answer in time.") from error
            except _BROKEN as error:
                note_failure(self._resolver, outgoing.service, outgoing, endpoint)
                raise ServiceUnavailable(f"{outgoing.call}: {endpoint.url}: {error}.") from error

    return Peer


def _lower(headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name.lower(), value) for name, value in headers)


def main(name: str) -> None:
    """Serve the gateway until a signal ends the process."""
    client.RestTransport = transport(CLIENTS[name])  # type: ignore[attr-defined]  # its name there
    web.main()


if __name__ == "__main__":
    main(sys.argv[1])
