"""Requests and answers in XML or JSON, chosen by the headers; XML is the default."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.registry import xml
from postroad.calls.discovery.eureka import json
from postroad.calls.discovery.eureka.fields import Document
from postroad.errors import InvalidInstance

MAX_BODY_BYTES = 64 * 1024  # an instance has about two thousand


def read_body(request: HttpRequest) -> Any:
    """Return the request's document.  Raises InvalidInstance: it is too large, or not what its type says."""
    try:
        body = request.read(MAX_BODY_BYTES + 1)
    except OSError:
        raise InvalidInstance("the body cannot be read to its end.") from None
    if len(body) > MAX_BODY_BYTES:
        raise InvalidInstance(f"the body is longer than {MAX_BODY_BYTES} bytes.")
    if "xml" in request.headers.get("Content-Type", "").lower():
        return xml.decode(body)
    return json.decode(body)


def answer(request: HttpRequest, document: Document) -> HttpResponse:
    """Return a document."""
    form = json if "json" in request.headers.get("Accept", "").lower() else xml
    response = HttpResponse(form.encode(document), content_type=form.CONTENT_TYPE)
    response.headers["Vary"] = "Accept"
    return response


def done(*, status: int = 200) -> HttpResponse:
    """Return an answer without body."""
    return HttpResponse(status=status, content_type="text/plain")


def refusal(status: int, text: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return one sentence on what is wrong."""
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8", headers=headers)
