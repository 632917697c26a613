"""Where the services answer: below one address, as the one-process mode and a gateway have them."""

from django.conf import settings

from apps.tour.client import Services


def behind_one(url: str) -> Services:
    """Return the addresses of services that share one address, each below its name."""
    return Services(urls={name: f"{url.rstrip('/')}/{name}" for name in settings.ALL_SERVICES})
