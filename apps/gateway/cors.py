"""CORS (Fetch standard): which other origins' pages may call the gateway.  See also: `auth`, which authenticates callers."""

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from apps.gateway.conf import settings

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
ASKED = "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-API-Key, X-Request-Id"
SHOWN = "Deprecation, ETag, Idempotency-Replayed, Link, Location, Retry-After, Sunset, X-Request-Id"
KEPT_SECONDS = 600
"""Seconds that a browser may keep the answer to a preflight: the maximum that browsers accept."""


def preflight(request: HttpRequest) -> HttpResponse | None:
    """Return the answer to a preflight request; None for any other request."""
    if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers:
        return None
    answer = HttpResponse(status=204)
    if _is_allowed(request):
        answer["Access-Control-Allow-Methods"] = METHODS
        answer["Access-Control-Allow-Headers"] = ASKED
        answer["Access-Control-Max-Age"] = str(KEPT_SECONDS)
    return answer


def mark(request: HttpRequest, answer: HttpResponse) -> None:
    """Add the CORS headers to an answer if the origin is allowed; without allowed origins nothing changes."""
    if not settings().cors_origins:
        return
    patch_vary_headers(answer, ["Origin"])
    if _is_allowed(request):
        answer["Access-Control-Allow-Origin"] = request.headers["Origin"]
        answer["Access-Control-Expose-Headers"] = SHOWN


def _is_allowed(request: HttpRequest) -> bool:
    allowed = {origin.strip() for origin in settings().cors_origins.split(",") if origin.strip()}
    return request.headers.get("Origin", "") in allowed
