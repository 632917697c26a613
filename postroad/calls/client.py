"""Builds the client of a proxy, with the transport that the setting TRANSPORT names for its service.

kitchen = client_of(Kitchen)
"""

import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol, TypeVar, runtime_checkable
from wsgiref.types import WSGIApplication

from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string
from typing_extensions import override

from postroad.calls import proxy
from postroad.calls.conf import CallSettings
from postroad.calls.discovery.conf import DiscoverySettings
from postroad.calls.discovery.resolver import Resolver
from postroad.calls.discovery.selection import resolver_for
from postroad.calls.transport import Answer, Outgoing, Transport
from postroad.calls.transports.local import LocalTransport

P = TypeVar("P")


@runtime_checkable
class Closeable(Protocol):
    """A transport that has connections."""

    def close(self) -> None:
        """Close the connections of threads."""
        ...

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        ...


class Calls(Transport):
    """The transports of a process, each created at its first use; TRANSPORT names the one for a service.

    The module of a transport is imported then, because its packages are optional: MissingExtra names the one to install.

    Concurrency: safe in threads and tasks; create one in each process, after a fork.
    """

    def __init__(
        self, resolver: Resolver, *, application: Callable[[], WSGIApplication] = get_wsgi_application
    ) -> None:
        self._lock = threading.Lock()
        self._made: dict[str, Transport] = {}
        self._makers: dict[str, Callable[[], Transport]] = {
            "rest": lambda: import_string("postroad.calls.transports.rest.RestTransport")(resolver),
            "grpc": lambda: import_string("postroad.calls.grpc.transport.GrpcTransport")(resolver),
            "local": lambda: LocalTransport(application()),
        }

    def client_of(self, interface: Callable[..., P]) -> P:
        """Return an object that makes the calls of an interface."""
        return proxy.client_of(interface, transport=self)

    @override
    def send(self, outgoing: Outgoing, timeout_seconds: float) -> Answer:
        return self._transport(outgoing).send(outgoing, timeout_seconds)

    @override
    async def send_async(self, outgoing: Outgoing, timeout_seconds: float) -> Answer:
        return await self._transport(outgoing).send_async(outgoing, timeout_seconds)

    def close(self) -> None:
        """Close the connections of threads; a loop's own end with the loop, or with `aclose` in it."""
        for transport in self._made.values():
            if isinstance(transport, Closeable):
                transport.close()

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        for transport in self._made.values():
            if isinstance(transport, Closeable):
                await transport.aclose()

    def _transport(self, outgoing: Outgoing) -> Transport:
        given = CallSettings.current().transport
        name = given.get(outgoing.service) or given.get("default", "rest")
        if name == "grpc" and not outgoing.grpc:
            name = "rest"  # every service offers REST; this call has no gRPC method
        with self._lock:
            if name not in self._made:
                self._made[name] = self._makers[name]()
            return self._made[name]


@lru_cache(maxsize=1)
def calls() -> Calls:
    """Return the calls of this process, with the discovery of the settings; created at the first call, so after a fork."""
    return Calls(resolver_for(DiscoverySettings.current()))


def client_of(interface: Callable[..., P]) -> P:
    """Return an object that makes the calls of an interface, with the transport, addresses and policy of the settings.

    Raises:
        InvalidDeclaration: The interface is not a proxy.
    """
    return calls().client_of(interface)
