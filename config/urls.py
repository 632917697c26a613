"""Every URL of the project.  Not: a service's own URLs, which are in its `api/urls.py`.

With all services in one process each has its prefix (`/orders/v1/…`); a service alone is at the root (`/v1/…`).
"""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView

IS_ALONE = len(settings.SERVICES) == 1


def _service(name: str) -> list[URLPattern | URLResolver]:
    prefix = "" if IS_ALONE else f"{name}/"
    own = [path(prefix, include(f"apps.{name}.api.urls"))]
    document = SpectacularJSONAPIView.as_view(
        patterns=own,
        custom_settings={"TITLE": f"{name} of Postroad's reference system", "VERSION": "1.0.0"},
    )
    return [
        *own,
        path(f"{prefix}openapi.json", document, name=f"{name}-openapi"),
        path(f"{prefix}docs/", SpectacularSwaggerView.as_view(url_name=f"{name}-openapi"), name=f"{name}-docs"),
    ]


urlpatterns: list[URLPattern | URLResolver] = [path("", include("postroad.runtime.health"))]
if settings.HAS_REGISTRY:
    urlpatterns.append(path("eureka/", include("apps.registry.urls")))
if settings.HAS_GATEWAY:
    urlpatterns += [
        path("", include("apps.gateway.api.urls")),
        path("gateway/" if settings.SERVICES else "", include("apps.gateway.api.documents")),
    ]
if settings.SERVICES:
    urlpatterns += [
        path("admin/", admin.site.urls),
        path("", include("apps.tour.urls")),
        *(pattern for name in settings.SERVICES for pattern in _service(name)),
    ]

handler400 = "apps.rest.bad_request"
handler404 = "apps.rest.page_not_found"
handler500 = "apps.rest.server_error"
