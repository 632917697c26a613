"""Calls over HTTP/1.1 with JSON bodies.  The resolver gives the address for each attempt.

Connections are kept alive, up to an age.  Threads use httpcore, httpx's own engine, because it lets us bound a whole
call and the age of a connection (`connections`); event loops use aiohttp, which is quicker there (`sessions`).
"""

import asyncio
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import override

from postroad.calls import deadline
from postroad.calls.conf import CallSettings
from postroad.calls.discovery.resolver import Endpoint, Resolver
from postroad.calls.transport import Answer, Outgoing, Transport, choose, note_failure
from postroad.calls.transports.connections import AgingBackend, TooLong, reading_until
from postroad.calls.transports.endpoints import PerEndpoint
from postroad.calls.transports.loops import PerLoop
from postroad.errors import DeadlineExceeded, InvalidAnswer, NotReached, ServiceUnavailable
from postroad.extras import needs_extra

with needs_extra("calls"):
    import httpcore

if TYPE_CHECKING:
    from postroad.calls.transports.sessions import Session

IDLE_SECONDS = 4.0
"""How long an idle connection is kept: below the 5 s of uvicorn, so that a call seldom meets a server that is just
closing it.  A connection already closed is noticed before it is used again."""

IDLE_CONNECTIONS = 32
"""Maximum of idle connections that threads keep to one address, whose pool is its own: httpcore looks at each connection of a pool, with a
system call, whenever a call begins or ends.  Busy ones are bounded by each service's bulkhead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of a transport; see the settings CALL_CONNECT_SECONDS, CALL_CONNECTION_AGE_SECONDS, CALL_ANSWER_BYTES."""

    connect_seconds: float = 0.3
    age_seconds: float = 60.0
    answer_bytes: int = 4 * 1024 * 1024


def limits_in_force() -> Limits:
    """Return the limits of the settings."""
    given = CallSettings.current()
    return Limits(
        connect_seconds=given.call_connect_seconds,
        age_seconds=given.call_connection_age_seconds,
        answer_bytes=given.call_answer_bytes,
    )


class RestTransport(Transport):
    """Calls by REST.

    Concurrency: safe in threads and in tasks of any event loop; not across a fork, so make it in the worker.
    """

    def __init__(self, resolver: Resolver, *, limits: Limits | None = None) -> None:
        self._resolver = resolver
        self._limits = limits or limits_in_force()
        self._tls, age = ssl.create_default_context(), self._limits.age_seconds
        self._pools = PerEndpoint(
            lambda _: httpcore.ConnectionPool(
                network_backend=AgingBackend(age),
                ssl_context=self._tls,
                max_connections=None,
                max_keepalive_connections=IDLE_CONNECTIONS,
                keepalive_expiry=IDLE_SECONDS,
            )
        )
        self._sessions = PerLoop(self._open_session, lambda session: session.aclose())

    @override
    def send(self, outgoing: Outgoing, timeout_seconds: float) -> Answer:
        """Send over a kept or new connection."""
        endpoint = choose(self._resolver, outgoing.service, outgoing)
        ends_at = time.monotonic() + timeout_seconds
        with (
            self._errors(outgoing, endpoint),
            reading_until(ends_at),
            self._pools.get(endpoint).stream(
                outgoing.verb,
                endpoint.url + outgoing.target,
                headers=_headers(outgoing, timeout_seconds),
                content=outgoing.body,
                extensions=self._timeouts(timeout_seconds),
            ) as response,
        ):
            body = bytearray()
            for chunk in response.iter_stream():
                body += chunk
                if len(body) > self._limits.answer_bytes:
                    raise TooLong
            return Answer(status=response.status, body=bytes(body), headers=_read(response.headers))

    @override
    async def send_async(self, outgoing: Outgoing, timeout_seconds: float) -> Answer:
        """Send over a connection of the running loop."""
        endpoint = choose(self._resolver, outgoing.service, outgoing)
        with self._errors(outgoing, endpoint):
            async with asyncio.timeout(timeout_seconds):
                response = await self._sessions.get().send(
                    outgoing.verb,
                    endpoint.url,
                    outgoing.target,
                    _headers(outgoing, timeout_seconds),
                    outgoing.body,
                    connect_seconds=min(self._limits.connect_seconds, timeout_seconds),
                )
        return Answer(status=response.status, body=response.body, headers=_read(response.headers))

    def close(self) -> None:
        """Close the threads' connections."""
        for pool in self._pools.empty():
            pool.close()

    async def aclose(self) -> None:
        """Close the running loop's connections."""
        await self._sessions.aclose()

    def _open_session(self) -> "Session":
        from postroad.calls.transports.sessions import Bounds, Session  # noqa: PLC0415 - aiohttp takes 17 MB

        bounds = Bounds(
            age_seconds=self._limits.age_seconds, idle_seconds=IDLE_SECONDS, answer_bytes=self._limits.answer_bytes
        )
        return Session(bounds, self._tls)

    def _timeouts(self, seconds: float) -> dict[str, object]:
        connect = min(self._limits.connect_seconds, seconds)
        return {"timeout": {"connect": connect, "read": seconds, "write": seconds, "pool": seconds}}

    @contextmanager
    def _errors(self, outgoing: Outgoing, endpoint: Endpoint) -> Iterator[None]:
        """Convert the errors of httpcore and asyncio, and note which instance failed."""
        try:
            yield
        except TooLong as error:
            raise InvalidAnswer(
                f"{outgoing.call}: the answer is longer than CALL_ANSWER_BYTES={self._limits.answer_bytes}."
            ) from error
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            note_failure(self._resolver, outgoing.service, outgoing, endpoint)
            reason = str(error) or type(error).__name__
            raise NotReached(f"{outgoing.call}: no connection to {endpoint.url}: {reason}.") from error
        except (httpcore.TimeoutException, TimeoutError) as error:
            note_failure(self._resolver, outgoing.service, outgoing, endpoint)
            raise DeadlineExceeded(f"{outgoing.call}: {endpoint.url} gave no complete answer in time.") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            note_failure(self._resolver, outgoing.service, outgoing, endpoint)
            raise ServiceUnavailable(f"{outgoing.call}: the connection to {endpoint.url} broke: {error}.") from error


def _headers(outgoing: Outgoing, timeout_seconds: float) -> list[tuple[str, str]]:
    headers = {
        "accept": "application/json",
        **outgoing.headers,
        deadline.HEADER: deadline.header_value(timeout_seconds),
    }
    if outgoing.body:
        headers.setdefault("content-type", "application/json")
    if outgoing.body or outgoing.verb in ("POST", "PUT", "PATCH"):
        headers["content-length"] = str(len(outgoing.body))
    return list(headers.items())


def _read(headers: Iterable[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in headers)
