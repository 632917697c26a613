"""The port of transports, with the requests and answers that pass through it.

A transport makes one attempt.  It raises `DeadlineExceeded` or `ServiceUnavailable` if there is no answer; any answer of the
service, 5xx included, is an `Answer`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from postroad.calls.discovery.resolver import Endpoint, Resolver


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """The request of one call, for any transport.

    Attributes:
        service: The called service.
        call: Its name in logs and errors, such as `kitchen.ticket`.
        verb: HTTP method.
        target: Path with query, percent-encoded.
        body: JSON, or empty.
        grpc: Full method, `package.Service/Method`; empty when it can only be called by REST.
        arguments: Parameters of path and query by their names on the wire; with the body's fields, gRPC's request.
        headers: Lower-case names; they take precedence over the transport's own (accept, content-type).  The deadline is
            not among them, since it becomes shorter with each attempt.
        tried: Instances that failed an attempt of this call; the transport notes and avoids them.
    """

    service: str
    call: str
    verb: str = "GET"
    target: str = "/"
    body: bytes = b""
    grpc: str = ""
    arguments: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    tried: set[Endpoint] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer of a service.

    Attributes:
        status: HTTP status; a gRPC status is translated.
        body: JSON, or empty.
        headers: Names in lower case, in their order; empty where the transport has none.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class Transport(Protocol):
    """Makes one attempt of a call, sync or async."""

    def send(self, outgoing: Outgoing, timeout_seconds: float) -> Answer:
        """Send and wait for the answer, up to a time limit.

        Raises:
            ServiceUnavailable: No instance could be reached, or the connection broke.
            DeadlineExceeded: No whole answer came in time.
            InvalidAnswer: The answer is larger than the limit.
            MisconfiguredError: This transport cannot make the call.
        """
        ...

    async def send_async(self, outgoing: Outgoing, timeout_seconds: float) -> Answer:
        """Do the same without blocking the event loop."""
        ...


def choose(resolver: Resolver, service: str, outgoing: Outgoing) -> Endpoint:
    """Return the first instance that has not failed in this call yet, or the first one if all have.

    Raises:
        ServiceUnknown: No address is configured.
        ServiceUnavailable: There is no instance at the moment.
    """
    endpoints = resolver.resolve(service)
    return next((endpoint for endpoint in endpoints if endpoint not in outgoing.tried), endpoints[0])


def note_failure(resolver: Resolver, service: str, outgoing: Outgoing, endpoint: Endpoint) -> None:
    """Avoid an instance for the rest of this call, and tell the resolver."""
    outgoing.tried.add(endpoint)
    resolver.report_failure(service, endpoint)
