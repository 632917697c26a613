"""Views that forward the complete API of a service below its name, `/orders/v1/…`, and its OpenAPI document; not its admin."""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path

from apps.gateway.conf import settings
from apps.gateway.edge import guarded
from apps.gateway.forward import forward
from apps.gateway.problems import Refused
from apps.gateway.proxies import HISTORY, OWNERS
from apps.shared.hypermedia.pages import page_of
from apps.shared.identity.caller import Caller
from apps.shared.identity.roles import ROLES

_SERVICES = frozenset({*OWNERS.values(), HISTORY})


async def of_service(request: HttpRequest, caller: Caller, *, service: str, resource: str) -> HttpResponse:
    """Forward a request to the named service; the resource decides who may send it."""
    if service not in _SERVICES or resource not in ROLES:
        raise Refused(404, "not_found", f"There is no {resource!r} of {service!r}.")
    seconds = settings().forward_seconds
    return await forward(request, service, caller=caller.name, seconds=seconds, below=f"/{service}")


async def document(request: HttpRequest, caller: Caller, *, service: str) -> HttpResponse:
    """GET: the named service's own OpenAPI document."""
    if request.method not in ("GET", "HEAD"):
        raise Refused(405, "method_not_allowed", "A document is only read.", headers={"Allow": "GET, HEAD"})
    return await forward(request, service, seconds=settings().forward_seconds, below=f"/{service}")


urlpatterns: list[URLPattern] = [
    re_path(
        r"^(?P<service>[a-z_]+)/v[12]/(?P<resource>[^/]+)(?:/.*)?$", guarded(of_service), name="gateway-of-service"
    ),
]
for service in sorted(_SERVICES):
    served = guarded(document, resource="openapi.json")  # no row: every authenticated caller may read it
    urlpatterns.append(path(f"{service}/openapi.json", served, {"service": service}, name=f"{service}-openapi"))
    urlpatterns.append(page_of(service, f"{service}/"))
