"""Discovery by the platform: all instances have one name and one virtual IP, and the platform routes (the default).

The transport gets the name, not an address, so that no address is used longer than a connection.
Source: "Server-side discovery" and "3rd party registration", Microservices Patterns, ch. 3.
"""

from collections.abc import Mapping, Sequence

from typing_extensions import override

from postroad.calls.discovery.resolver import Endpoint, Resolver
from postroad.calls.discovery.template import AddressTemplate


class DnsResolver(Resolver):
    """One endpoint by name, at which the platform distributes the calls (on Kubernetes, a Service).

    A service in `addresses` has that address instead, for what the template cannot express: another port, as for gRPC.
    """

    def __init__(self, template: AddressTemplate, *, addresses: Mapping[str, Sequence[str]] | None = None) -> None:
        self._template = template
        self._given = {service: Endpoint.at(urls[0]) for service, urls in (addresses or {}).items()}

    @override
    def resolve(self, service: str) -> Sequence[Endpoint]:
        return (self._given.get(service) or self._template.endpoint(service),)

    @override
    def report_failure(self, service: str, endpoint: Endpoint) -> None:
        """Do nothing: only the platform knows which instance failed."""
