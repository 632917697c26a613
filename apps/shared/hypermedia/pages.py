"""The page that shows a service's OpenAPI document, with links to the pages of the other services in this process."""

from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, URLPattern, path, reverse
from drf_spectacular.views import SpectacularSwaggerView
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import override


class DocumentPage(SpectacularSwaggerView):
    """The page of one service, at the route `<service>-docs`; its document is at the route `<service>-openapi`."""

    template_name = "hypermedia/docs.html"

    @override
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Answer the page."""
        answer: Response = super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]  # drf-spectacular's views are untyped
        answer.data["pages"] = [
            {"service": service, "address": address, "is_current": self.url_name == f"{service}-openapi"}
            for service in ("gateway", *settings.ALL_SERVICES)
            if (address := _address(service))
        ]
        return answer


def page_of(service: str, prefix: str) -> URLPattern:
    """Return the route of a service's page: `docs/` behind a prefix, which is empty or ends with a slash."""
    page = DocumentPage.as_view(url_name=f"{service}-openapi", title=f"{service} — Postroad")
    return path(f"{prefix}docs/", page, name=f"{service}-docs")


def _address(service: str) -> str:
    """Return the URL of a service's page; empty if this process does not serve it."""
    try:
        return reverse(f"{service}-docs")
    except NoReverseMatch:
        return ""
