"""Every URL of the project.  See also: `api/urls.py` of each service, which has the service's own URLs.

With all services in one process each has its prefix (`/orders/v1/…`); a service alone is at the root (`/v1/…`).
An address is served as `v1/…`, as `v2/…`, and without version for clients that name it in `Accept`.
"""

from importlib import import_module

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularJSONAPIView

from apps.shared.hypermedia.pages import page_of
from apps.shared.hypermedia.serving import served

IS_ALONE = len(settings.SERVICES) == 1
API_VERSION = "2.0.0"  # of every service's API, by semver.org; its first number is that of the newest paths


def _service(name: str) -> list[URLPattern | URLResolver]:
    prefix = "" if IS_ALONE else f"{name}/"
    own = [path(prefix, include(served(name, import_module(f"apps.{name}.api.urls").urlpatterns)))]
    document = SpectacularJSONAPIView.as_view(
        patterns=own,
        custom_settings={"TITLE": f"{name} of Postroad's reference system", "VERSION": API_VERSION},
    )
    return [
        *own,
        path(f"{prefix}openapi.json", document, name=f"{name}-openapi"),
        page_of(name, prefix),
    ]


urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("postroad.web.health")),
    path("", include("postroad.metrics.registry")),
]
if settings.HAS_REGISTRY:
    urlpatterns.append(path("eureka/", include("apps.registry.urls")))
if settings.HAS_GATEWAY:
    urlpatterns += [
        path("", include("apps.gateway.api.urls")),
        path("gateway/" if settings.SERVICES else "", include("apps.gateway.api.documents")),
    ]
if settings.HAS_GATEWAY and not settings.SERVICES:
    urlpatterns.append(path("", include("apps.gateway.api.by_service")))
    if settings.HAS_TOUR:
        urlpatterns.append(path("", include("apps.tour.remote")))
if settings.SERVICES:
    if settings.HAS_TOUR:
        urlpatterns.append(path("", include("apps.tour.urls")))
    urlpatterns += [
        path("admin/", include("postroad.console.urls")),
        path("admin/", admin.site.urls),
        *(pattern for name in settings.SERVICES for pattern in _service(name)),
    ]

handler400 = "apps.shared.hypermedia.protocol.problems.bad_request"
handler404 = "apps.shared.hypermedia.protocol.problems.page_not_found"
handler500 = "apps.shared.hypermedia.protocol.problems.server_error"
