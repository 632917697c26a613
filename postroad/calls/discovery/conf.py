"""Settings of discovery, and of the registry as its clients and the server see it."""

from collections.abc import Mapping
from dataclasses import dataclass

from postroad.conf import CoreSettings, key
from postroad.conf_readers import choice_of, read_addresses, read_flag, read_optional_url, read_template, read_urls

DISCOVERY_KINDS = ("dns", "headless", "static", "registry")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoverySettings(CoreSettings):
    """Each attribute is a key of POSTROAD in small letters."""

    discovery: str = key(
        "dns", "how services are found: dns, headless, static or registry", read=choice_of(*DISCOVERY_KINDS)
    )
    dns_template: str = key(
        "http://{service}:80",
        "dns, headless: URL of a service; {service} is replaced by its name",
        read=read_template,
        is_url=True,
    )
    dns_ttl_seconds: float = key(5.0, "headless: how long a DNS answer is used", minimum=0)
    addresses: Mapping[str, tuple[str, ...]] = key(
        {},
        "static: service → URL or URLs of its instances; dns: URL of a service that the template does not fit; as text name=url,name=url",
        read=read_addresses,
        is_url=True,
    )
    registry_url: tuple[str, ...] = key(
        ("http://localhost:8761/eureka",),
        "registry: its URL, or several separated by commas",
        read=read_urls,
        is_url=True,
    )
    registry_fetch_seconds: float = key(30.0, "registry: how often a client fetches changes", minimum=0.05)
    registry_renew_seconds: int = key(30, "registry: how often an instance renews its lease", minimum=1)
    registry_lease_seconds: int = key(
        90, "registry: time without renewal after which an instance is removed", minimum=1
    )
    registry_answer_bytes: int = key(16 * 1024 * 1024, "registry: largest answer that a client reads", minimum=1024)
    registry_password: str = key(
        "",
        "registry: password of its clients (basic authentication, any name); in the registry, empty: no authentication",
        is_secret=True,
    )
    instance_url: str = key(
        "",
        "registry: http://host:port at which others reach this process; empty: its own IP and PORT",
        read=read_optional_url,
        is_url=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySettings(DiscoverySettings):
    """Settings of the registry server."""

    registry_self_preservation: bool = key(
        default=True,
        line="in the registry: evict no instance while over 15 % of the renewals are missing",
        read=read_flag,
    )
    registry_instances: int = key(1500, "in the registry: maximum instances in all", minimum=1)
    registry_app_instances: int = key(500, "in the registry: maximum instances of one application", minimum=1)
    registry_instance_bytes: int = key(8192, "in the registry: longest instance as JSON, with metadata", minimum=512)
