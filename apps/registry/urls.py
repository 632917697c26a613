"""Routes of the service registry below `/eureka/`; `/eureka/v2/` and a trailing slash are equivalent."""

from django.urls import URLPattern, URLResolver, include, path
from django.views import View

from apps.registry import views

_ROUTES: list[tuple[str, type[View]]] = [
    ("apps", views.AppsView),
    ("apps/delta", views.DeltaView),
    ("apps/<str:app>", views.AppView),
    ("apps/<str:app>/<str:instance_id>", views.InstanceView),
    ("apps/<str:app>/<str:instance_id>/status", views.StatusView),
    ("apps/<str:app>/<str:instance_id>/metadata", views.MetadataView),
    ("instances/<str:instance_id>", views.AnyAppInstanceView),
    ("vips/<str:vip>", views.VipView),
    ("svips/<str:vip>", views.SecureVipView),
]
_operations = [path(f"{route}{end}", view.as_view()) for route, view in _ROUTES for end in ("", "/")]

urlpatterns: list[URLPattern | URLResolver] = [path("v2/", include(_operations)), path("", include(_operations))]
