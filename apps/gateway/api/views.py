"""The gateway's views, each guarded by `edge`; they delegate to composition, forwarding, GraphQL and JSON Graph."""

import asyncio

import msgspec
from django.http import HttpRequest, HttpResponse, JsonResponse

from apps.gateway.composition import order_details
from apps.gateway.conf import settings
from apps.gateway.forward import forward
from apps.gateway.graphql.execution import execute, read_query, read_request, sdl
from apps.gateway.jsongraph.protocol import Parameters, answer, read_form
from apps.gateway.jsongraph.routes import Model
from apps.gateway.limits import read_body
from apps.gateway.loaders import Loaders
from apps.gateway.problems import Refused, failure
from apps.gateway.proxies import HISTORY, OWNERS, services
from apps.shared.identity.caller import Caller
from postroad.calls import deadline
from postroad.errors import DeadlineExceeded, PostroadError

_VENDOR = "application/vnd.postroad."
"""A client that accepts a media type with this prefix gets the representation of the owner."""


async def order(request: HttpRequest, caller: Caller, *, order_id: int) -> HttpResponse:
    """GET: an order with its parts.  Other methods are forwarded to the owner."""
    if request.method not in ("GET", "HEAD") or _VENDOR in request.headers.get("Accept", ""):
        return await _forward(request, caller, OWNERS["orders"])
    try:
        details = await order_details(services(), order_id, seconds=settings().deadline_seconds)
    except PostroadError as error:
        return failure(error, service=OWNERS["orders"])
    return HttpResponse(msgspec.json.encode(details), content_type="application/json")


async def orders(request: HttpRequest, caller: Caller) -> HttpResponse:
    """GET: a list of orders, from the order history.  POST: a new order, forwarded to the owner."""
    is_question = request.method in ("GET", "HEAD")
    return await _forward(request, caller, HISTORY if is_question else OWNERS["orders"])


async def forwarded(request: HttpRequest, caller: Caller, *, resource: str) -> HttpResponse:
    """Forward a request to the service that owns the resource."""
    owner = OWNERS.get(resource)
    if owner is None:
        raise Refused(404, "not_found", f"There is no {resource!r}; there are: {', '.join(sorted(OWNERS))}.")
    return await _forward(request, caller, owner)


async def graphql(request: HttpRequest, caller: Caller) -> HttpResponse:
    """POST: a GraphQL request.  GET: a query, or without one the schema in GraphQL's schema language."""
    match request.method:
        case "GET" | "HEAD" if "query" not in request.GET:
            return HttpResponse(sdl(), content_type="text/plain; charset=utf-8")
        case "GET" | "HEAD":
            given = read_query(request.GET.dict())
        case "POST":
            given = read_request(read_body(request))
        case _:
            raise _not_allowed(request)
    may_change = request.method == "POST"
    try:
        body = await execute(services(), given, seconds=settings().deadline_seconds, may_change=may_change)
    except PostroadError as error:
        return failure(error, service="graphql")
    return JsonResponse(body)


async def model(request: HttpRequest, caller: Caller) -> HttpResponse:
    """JSON Graph: GET reads; a POST of a form can also set and call."""
    match request.method:
        case "GET" | "HEAD":
            parameters: Parameters = request.GET.dict()
        case "POST":
            parameters = read_form(read_body(request))
        case _:
            raise _not_allowed(request)
    seconds = settings().deadline_seconds
    try:
        with deadline.within(seconds):
            async with asyncio.timeout(seconds):
                graph = Model(Loaders(services()), caller)
                return JsonResponse(await answer(graph, parameters, may_change=request.method == "POST"))
    except TimeoutError:
        return failure(DeadlineExceeded(f"model.json: no answer in {seconds} s."), service="the graph")


def _not_allowed(request: HttpRequest) -> Refused:
    detail = f"{request.method} means nothing here."
    return Refused(405, "method_not_allowed", detail, headers={"Allow": "GET, HEAD, POST"})


async def _forward(request: HttpRequest, caller: Caller, owner: str) -> HttpResponse:
    return await forward(request, owner, caller=caller.name, seconds=settings().forward_seconds)
