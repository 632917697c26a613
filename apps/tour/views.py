"""The start page: what runs here, with links."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def start_page(request: HttpRequest) -> HttpResponse:
    """Show the services of this process with links to their APIs and the admin."""
    is_alone = len(settings.SERVICES) == 1
    services = [{"name": name, "prefix": "/" if is_alone else f"/{name}/"} for name in settings.SERVICES]
    return render(request, "tour/start.html", {"services": services})
