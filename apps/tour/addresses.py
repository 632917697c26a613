"""The addresses of services that share one address, as in the one-process mode and behind a gateway."""

from django.conf import settings

from apps.tour.client import Services


def behind_one(url: str) -> Services:
    """Return the addresses of services that share one address, each below its name."""
    return Services(urls={name: f"{url.rstrip('/')}/{name}" for name in settings.ALL_SERVICES})
