"""The address that a failed login of the admin is counted for."""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

from config.environment import number

_IPV6_HOME = 64  # bits: what one household or machine is given, and may choose addresses in


def client_address(request: Any) -> str | None:
    """Return the address that a login counts for; of IPv6 its /64 network.

    It is the connection's, or with TRUSTED_PROXIES=n the n-th last of X-Forwarded-For: each proxy appends whom it
    answers, and what stands before that the client may have written itself.
    """
    proxies = number("TRUSTED_PROXIES", 0, minimum=0)
    forwarded = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    named = forwarded[-proxies] if 0 < proxies <= len(forwarded) else ""
    return _network(named) or _network(request.META.get("REMOTE_ADDR", ""))


def _network(text: str) -> str | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        own = address.ipv4_mapped
        return str(own or ip_network((int(address), _IPV6_HOME), strict=False).network_address)
    return str(address)
