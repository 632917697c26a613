"""Discovery by a table of addresses in the settings, for machines without DNS and for tests."""

from collections.abc import Mapping, Sequence

from typing_extensions import override

from postroad.calls.discovery.resolver import Endpoint, Resolver
from postroad.calls.discovery.rotation import Rotation
from postroad.errors import ServiceUnknown


class StaticResolver(Resolver):
    """Looks a service up in `ADDRESSES`."""

    def __init__(self, addresses: Mapping[str, Sequence[str]], *, rotation: Rotation | None = None) -> None:
        self._endpoints = {service: [Endpoint.at(url) for url in urls] for service, urls in addresses.items()}
        self._rotation = rotation or Rotation()

    @override
    def resolve(self, service: str) -> Sequence[Endpoint]:
        if service not in self._endpoints:
            known = ", ".join(sorted(self._endpoints)) or "none"
            raise ServiceUnknown(f"POSTROAD['ADDRESSES'] has no address of {service!r}; it has those of: {known}.")
        return self._rotation.order(service, self._endpoints[service])

    @override
    def report_failure(self, service: str, endpoint: Endpoint) -> None:
        self._rotation.report_failure(endpoint)
