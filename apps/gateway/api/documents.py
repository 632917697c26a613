"""Routes of the gateway's own document and its browsable form; not guarded, like every service's."""

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
