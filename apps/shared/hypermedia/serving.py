"""Serves several API versions side by side: authentication and version selection around every view of a service.

The caller is authenticated first; a view sees and changes only the caller's objects (`apps.shared.identity`).
`/v1/orders/1` and `/v2/orders/1` select a version; `/orders/1` is the version in `Accept`, or the newest.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from rest_framework.response import Response

from apps.shared.hypermedia.idempotency import answer_once
from apps.shared.hypermedia.protocol.deprecation import announce_end
from apps.shared.hypermedia.protocol.negotiation import PLAIN, Wanted, choose, media_type_of, names_version
from apps.shared.hypermedia.protocol.problems import Problem, ProblemResponse, exception_handler
from apps.shared.identity.admission import admitted
from apps.shared.identity.caller import Caller, NotAdmitted

View = Callable[..., HttpResponse]
_ROUTE = re.compile(r"v([0-9]+)/(.*)")
_FIRST = 1  # the version that answers in JSON whatever is accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address without version, with its view in each version.

    Attributes:
        resource: The row of `apps.shared.identity.roles.ROLES` that says who may use it.
    """

    service: str
    resource: str
    name: str
    views: Mapping[int, View]

    def media_name(self, method: str) -> str:
        """Return the name of the resource in the media types of the address."""
        view = self.views[max(self.views)]
        names: Mapping[str, str] = getattr(getattr(view, "cls", None), "media_names", {})
        return names.get(method, self.name)


def served(service: str, patterns: Iterable[URLPattern]) -> list[URLPattern]:
    """Return a service's routes with a version, and after them the same routes without one."""
    found: dict[str, dict[int, URLPattern]] = {}
    for pattern in patterns:
        match = _ROUTE.fullmatch(str(pattern.pattern))
        if match is None:
            raise ValueError(
                f"{service} has the route {pattern.pattern}; a route begins with its version, as v1/ does."
            )
        found.setdefault(match[2], {})[int(match[1])] = pattern
    versioned, unversioned = [], []
    for route, versions in found.items():
        views = {version: pattern.callback for version, pattern in versions.items()}
        address = Address(
            service=service, resource=route.partition("/")[0], name=versions[min(versions)].name or route, views=views
        )
        for version, pattern in versions.items():
            versioned.append(path(f"v{version}/{route}", _at(address, version), name=pattern.name))
        unversioned.append(path(route, _at(address, None)))
    return [*versioned, *unversioned]


def _at(address: Address, version: int | None) -> View:
    """Return the view of an address in one version, or in the version that the client accepts."""

    @csrf_exempt
    def answer(request: HttpRequest, **keys: Any) -> HttpResponse:
        try:
            with admitted(request.headers, method=request.method or "", resource=address.resource) as caller:
                response = _answer(request, address, version, keys, caller)
        except NotAdmitted as error:
            response = _not_admitted(request, error)
        patch_vary_headers(response, ["Accept"])
        return response

    if version is not None:
        vars(answer).update(vars(address.views[version]))  # what drf-spectacular looks for
    return answer


def _answer(
    request: HttpRequest, address: Address, version: int | None, keys: dict[str, Any], caller: Caller
) -> HttpResponse:
    wanted = _wanted(request, address, version)
    if wanted is None:
        return ProblemResponse(request, _not_acceptable(request, address, version))
    response = _respond(request, address, wanted.version, keys, caller)
    _label(request, response, address, wanted)
    return response


def _not_admitted(request: HttpRequest, error: NotAdmitted) -> HttpResponse:
    response = ProblemResponse(request, Problem(error.status, error.code, error.detail))
    for name, value in error.headers.items():
        response[name] = value
    return response


def _respond(
    request: HttpRequest, address: Address, version: int, keys: dict[str, Any], caller: Caller
) -> HttpResponse:
    def respond() -> HttpResponse:
        response = address.views[version](request, **keys)
        return response.render() if isinstance(response, Response) else response

    try:
        return answer_once(request, address.service, caller=caller.name, version=version, respond=respond)
    except (Problem, OperationalError) as error:
        answer = exception_handler(error, {"request": request})
        if answer is None:
            raise
        return answer


def _label(request: HttpRequest, response: HttpResponse, address: Address, wanted: Wanted) -> None:
    is_ours = response.headers.get("Content-Type") == PLAIN and response.status_code < 300
    if is_ours and wanted.media_type != PLAIN:
        response["Content-Type"] = wanted.media_type
    newest = max(address.views)
    successor = ""
    if newest > wanted.version:
        successor = re.sub(rf"/v{wanted.version}/", f"/v{newest}/", request.path, count=1)
    announce_end(response, wanted.version, successor=successor)


def _wanted(request: HttpRequest, address: Address, version: int | None) -> Wanted | None:
    accept, name = request.headers.get("accept", ""), address.media_name(request.method or "")
    versions = address.views if version is None else [version]
    wanted = choose(accept, name=name, versions=versions)
    if wanted is None and version == _FIRST and not names_version(accept, name=name):
        return Wanted(version=_FIRST)
    return wanted


def _not_acceptable(request: HttpRequest, address: Address, version: int | None) -> Problem:
    name = address.media_name(request.method or "")
    served_here = sorted(address.views) if version is None else [version]
    known = ", ".join([PLAIN, *(media_type_of(name, each) for each in served_here)])
    return Problem(406, "not_acceptable", f"This address answers in {known}; accept one of them.", field="Accept")
