"""Creates the resolver that the settings name."""

from django.utils.module_loading import import_string

from postroad.calls.discovery.conf import DiscoverySettings
from postroad.calls.discovery.dns import DnsResolver
from postroad.calls.discovery.headless import HeadlessResolver
from postroad.calls.discovery.resolver import Resolver
from postroad.calls.discovery.static import StaticResolver
from postroad.calls.discovery.template import AddressTemplate


def resolver_for(settings: DiscoverySettings) -> Resolver:
    """Return a new resolver of the kind that DISCOVERY names; it does no look-up before its first use."""
    match settings.discovery:
        case "static":
            return StaticResolver(settings.addresses)
        case "headless":
            return HeadlessResolver(AddressTemplate(settings.dns_template), ttl_seconds=settings.dns_ttl_seconds)
        case "registry":
            folder = "postroad.calls.discovery"  # imported now, because their package is optional
            client = import_string(f"{folder}.registry_client.registry_client")(settings)
            resolver = import_string(f"{folder}.registry_resolver.RegistryResolver")
            return resolver(client, fetch_seconds=settings.registry_fetch_seconds)  # type: ignore[no-any-return]  # by name
        case _:
            return DnsResolver(AddressTemplate(settings.dns_template), addresses=settings.addresses)
