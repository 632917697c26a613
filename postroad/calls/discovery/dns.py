"""Discovery by the platform: a name and a virtual IP stand for all instances, and the platform routes (the default).

The name is given to the transport as it is, so that no address is ever kept longer than a connection.
Source: "Server-side discovery" and "3rd party registration", Microservices Patterns, ch. 3.
"""

from collections.abc import Mapping, Sequence

from typing_extensions import override

from postroad.calls.discovery.resolver import Endpoint, Resolver
from postroad.calls.discovery.template import AddressTemplate


class DnsResolver(Resolver):
    """One endpoint by name; behind it the platform balances, on Kubernetes a Service.

    A service that `addresses` names has that address, which the template cannot say: another port, as of gRPC.
    """

    def __init__(self, template: AddressTemplate, *, addresses: Mapping[str, Sequence[str]] | None = None) -> None:
        self._template = template
        self._given = {service: Endpoint.at(urls[0]) for service, urls in (addresses or {}).items()}

    @override
    def resolve(self, service: str) -> Sequence[Endpoint]:
        return (self._given.get(service) or self._template.endpoint(service),)

    @override
    def report_failure(self, service: str, endpoint: Endpoint) -> None:
        """Do nothing: which instance failed only the platform knows."""
