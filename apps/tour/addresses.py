"""Where the services answer: behind one address, or each on its own port.  Not: discovery, which is the platform's."""

import urllib.error
import urllib.request
from urllib.parse import urlsplit

from apps.tour.client import Services

PORTS = {
    "orders": 8001,
    "consumers": 8002,
    "kitchen": 8003,
    "accounting": 8004,
    "restaurants": 8005,
    "delivery": 8006,
    "order_history": 8007,
}
"""Ports of `make up`."""

_TIMEOUT_SECONDS = 2.0


def behind_one(url: str) -> Services:
    """Return the addresses of services that share one address, each below its name."""
    return Services(urls={name: f"{url.rstrip('/')}/{name}" for name in PORTS})


def addresses(url: str) -> Services:
    """Return where the services answer: below `url` if they run in one process there, else each on its own port."""
    try:
        urllib.request.urlopen(f"{url.rstrip('/')}/orders/docs/", timeout=_TIMEOUT_SECONDS).close()  # noqa: S310 - our own setting
    except (OSError, urllib.error.URLError):
        host = urlsplit(url).hostname or "localhost"
        return Services(urls={name: f"http://{host}:{port}" for name, port in PORTS.items()})
    return behind_one(url)
