"""Errors as `application/problem+json` (RFC 9457).  See also: `apps.shared.rest`, which has the errors of version 1.

`{"type", "title", "status", "detail", "instance", "code", "errors": [{"field", "value"?, "detail", "wayOut"?}]}`
"""

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from apps.shared import rest
from apps.shared.hypermedia.protocol.ways_out import way_out
from apps.shared.refusals import DEFECT, NO_DATABASE, NO_SUCH_ADDRESS, UNREADABLE, BusinessRefusal, ErrorAnswer
from apps.shared.rest import Ruled, faults

log = logging.getLogger(__name__)

PROBLEM_TYPE = "application/problem+json"
_SHOWN = 40  # characters of a wrong text that its error repeats
_VERSIONED = re.compile(r"/(?:[a-z_]+/)?v[2-9]/")  # addresses whose errors are problems
_STEP = re.compile(r"[^.\[\]]+")


class Problem(Exception):
    """A request violates the protocol, not a business rule; it has changed nothing.

    Attributes:
        status: HTTP status.
        code: Stable word for programs.
        detail: One sentence for people that says what to do.
        field: Header, parameter or field at fault; empty: none.
    """

    def __init__(self, status: int, code: str, detail: str, *, field: str = "") -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.field = status, code, detail, field


class ProblemResponse(JsonResponse):
    """A problem as an answer."""

    def __init__(self, request: HttpRequest, problem: Problem, errors: Sequence[Mapping[str, object]] = ()) -> None:
        if problem.field and not errors:
            errors = [{"field": problem.field, "detail": problem.detail}]
        body = {
            "type": f"urn:postroad:problem:{problem.code}",
            "title": problem.code.replace("_", " ").capitalize(),
            "status": problem.status,
            "detail": problem.detail,
            "instance": request.path,
            "code": problem.code,
            "errors": list(errors),
        }
        super().__init__(body, status=problem.status, content_type=PROBLEM_TYPE)


class RuledProblemResponse(Ruled, ProblemResponse):
    """The answer to a request that a business rule refused."""


def exception_handler(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Return the answer for an exception of a view; None for a defect, which Django answers and logs."""
    request: Request = context["request"]
    match error:
        case Problem():
            return ProblemResponse(request, error)
        case BusinessRefusal():
            refused = Problem(error.status, error.code, error.detail)
            errors = [_fault(request, error.field, error.detail, error.code)] if error.field else []
            return RuledProblemResponse(request, refused, errors)
        case ValidationError():
            found = [_fault(request, path, str(fault), fault.code or "") for path, fault in faults(error.detail, "")]
            return ProblemResponse(request, Problem(400, "invalid", _summary(found)), found)
        case _:
            answer = rest.answer_of(error)
            return None if answer is None else _response(request, answer)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for a URL without view: the project's `handler404`."""
    if not _VERSIONED.match(request.path_info):
        return rest.page_not_found(request, exception)
    return _response(request, NO_SUCH_ADDRESS)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for a request that Django itself refuses: the project's `handler400`."""
    if not _VERSIONED.match(request.path_info):
        return rest.bad_request(request, exception)
    return _response(request, UNREADABLE)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for a defect, which is logged: the project's `handler500`."""
    if not _VERSIONED.match(request.path_info):
        return rest.server_error(request)
    return _response(request, DEFECT)


def _response(request: HttpRequest, answer: ErrorAnswer) -> HttpResponse:
    response = ProblemResponse(request, Problem(answer.status, answer.code, answer.detail))
    if answer is NO_DATABASE:
        response["Retry-After"] = "1"
    return response


def _summary(found: Sequence[Mapping[str, object]]) -> str:
    first = found[0]
    rest_of_them = f" So are {len(found) - 1} more." if len(found) > 1 else ""
    return f"{first['field'] or 'The body'} is not valid: {first['detail']}{rest_of_them}"


def _fault(request: Request, path: str, detail: str, code: str) -> dict[str, object]:
    """Return one entry of `errors`: the fault and its field, with the value if it is short enough to repeat."""
    fault: dict[str, object] = {"field": path, "detail": detail}
    for value in _values(request, path):
        fault["value"] = value
    return {**fault, "wayOut": way_out(code)}


def _values(request: Request, path: str) -> Iterator[object]:
    """Yield the value at a path such as `lineItems[0].quantity`, if there is one that can be repeated."""
    at: Any = request.query_params if request.method in ("GET", "HEAD") else request.data
    for step in _STEP.findall(path):
        try:
            at = at[int(step)] if isinstance(at, list) else at[step]
        except (KeyError, IndexError, TypeError, ValueError):
            return
    if isinstance(at, str):
        yield at.encode(errors="replace").decode()[:_SHOWN]
    elif path and isinstance(at, bool | int | None) and len(str(at)) <= _SHOWN:
        yield at
