"""The settings → a resolver.  Not: the resolvers themselves."""

from postroad.calls.discovery.conf import DiscoverySettings
from postroad.calls.discovery.dns import DnsResolver
from postroad.calls.discovery.headless import HeadlessResolver
from postroad.calls.discovery.registry_client import registry_client
from postroad.calls.discovery.registry_resolver import RegistryResolver
from postroad.calls.discovery.resolver import Resolver
from postroad.calls.discovery.static import StaticResolver
from postroad.calls.discovery.template import AddressTemplate


def resolver_for(settings: DiscoverySettings) -> Resolver:
    """Return a new resolver of the kind that DISCOVERY names; it looks nothing up before its first use."""
    match settings.discovery:
        case "static":
            return StaticResolver(settings.addresses)
        case "headless":
            return HeadlessResolver(AddressTemplate(settings.dns_template), ttl_seconds=settings.dns_ttl_seconds)
        case "registry":
            client = registry_client(settings)
            return RegistryResolver(client, fetch_seconds=settings.registry_fetch_seconds)
        case _:
            return DnsResolver(AddressTemplate(settings.dns_template), addresses=settings.addresses)
