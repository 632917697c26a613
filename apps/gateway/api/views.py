"""The gateway's views, each behind the edge: one line of work each.  Not: composition, forwarding, GraphQL, JSON Graph."""

from django.http import HttpRequest, HttpResponse, JsonResponse

from apps.gateway.auth import Caller
from apps.gateway.composition import order_details
from apps.gateway.conf import settings
from apps.gateway.forward import forward
from apps.gateway.problems import Refused, failure
from apps.gateway.proxies import HISTORY, OWNERS, services
from postroad.errors import PostroadError

_VENDOR = "application/vnd.postroad."
"""A client that asks for a media type of ours asks for the owner's own representation."""


async def order(request: HttpRequest, caller: Caller, *, order_id: int) -> HttpResponse:
    """GET: an order with its parts.  The rest is the owner's."""
    if request.method not in ("GET", "HEAD") or _VENDOR in request.headers.get("Accept", ""):
        return await _forward(request, OWNERS["orders"])
    try:
        body = await order_details(services(), order_id, seconds=settings().deadline_seconds)
    except PostroadError as error:
        return failure(error, service=OWNERS["orders"])
    return JsonResponse(body)


async def orders(request: HttpRequest, caller: Caller) -> HttpResponse:
    """GET: questions about many orders, which the history answers.  POST: a new order, which is the owner's."""
    is_question = request.method in ("GET", "HEAD")
    return await _forward(request, HISTORY if is_question else OWNERS["orders"])


async def forwarded(request: HttpRequest, caller: Caller, *, resource: str) -> HttpResponse:
    """Whatever another service owns."""
    owner = OWNERS.get(resource)
    if owner is None:
        raise Refused(404, "not_found", f"There is no {resource!r}; there are: {', '.join(sorted(OWNERS))}.")
    return await _forward(request, owner)


async def _forward(request: HttpRequest, owner: str) -> HttpResponse:
    return await forward(request, owner, seconds=settings().forward_seconds)
