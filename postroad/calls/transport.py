"""The port every way of calling a service implements, and what goes through it.

A transport makes one attempt.  It raises `DeadlineExceeded` or `ServiceUnavailable` when no answer came; whatever the
service answered, 5xx included, is an `Answer`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from postroad.calls.discovery.resolver import Endpoint, Resolver


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One call, in the words of every transport.

    Attributes:
        service: Whom it is for.
        call: What people call it, such as `kitchen.ticket`.
        verb: HTTP method.
        target: Path with query, percent-encoded.
        body: JSON, or empty.
        grpc: Full method, `package.Service/Method`; empty when it can only be called by REST.
        arguments: Parameters of path and query by their names on the wire; with the body's fields, gRPC's request.
        headers: Lower-case names; they come before the transport's own (accept, content-type).  The deadline is not
            among them, as it shrinks from attempt to attempt.
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
    """What a service answered.

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
        """Send and wait for the answer, at most so long.

        Raises:
            ServiceUnavailable: No instance could be reached, or the connection broke.
            DeadlineExceeded: No whole answer came in time.
            InvalidAnswer: The answer is larger than may be read.
            MisconfiguredError: The call cannot be made this way at all.
        """
        ...

    async def send_async(self, outgoing: Outgoing, timeout_seconds: float) -> Answer:
        """Do the same without blocking the event loop."""
        ...


def choose(resolver: Resolver, service: str, outgoing: Outgoing) -> Endpoint:
    """Return the first instance that has not failed this call yet, or the first when all have.

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
