"""Routes of the gateway's own OpenAPI document and its browsable page; not guarded, like those of every service."""

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

from apps.gateway.api.openapi import document
from apps.shared.hypermedia.pages import page_of


@require_safe
def openapi(request: HttpRequest) -> JsonResponse:
    """Answer the OpenAPI document."""
    return JsonResponse(document())


urlpatterns = [
    path("openapi.json", openapi, name="gateway-openapi"),
    page_of("gateway", ""),
]
