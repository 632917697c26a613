"""Requests and answers in XML or JSON, as the headers ask; XML unless JSON is asked for.  Not: what they mean."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from gunicorn.http.errors import ParseException

from postroad.discovery.registry import json, xml
from postroad.discovery.registry.fields import Document
from postroad.errors import InvalidInstance

MAX_BODY_BYTES = 64 * 1024  # an instance has about two thousand


def read_body(request: HttpRequest) -> Any:
    """Return the request's document.  Raises InvalidInstance: it is too large, or not what its type says."""
    try:
        body = _stream(request).read(MAX_BODY_BYTES + 1)
    except ParseException as error:
        raise InvalidInstance(f"the chunks of the body cannot be told apart: {error}.") from None
    except OSError:
        raise InvalidInstance("the body ended before its announced length.") from None
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


def refusal(status: int, text: str) -> HttpResponse:
    """Return one sentence on what is wrong."""
    return HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")


def _stream(request: HttpRequest) -> Any:
    """Return what the body is read from.

    Netflix's client 1.x sends it in chunks and announces no length, which Django takes for an empty body; a server
    that says `wsgi.input_terminated`, as gunicorn does, ends the input where the last chunk does.
    """
    is_chunked = "Content-Length" not in request.headers and request.META.get("wsgi.input_terminated")
    return request.META["wsgi.input"] if is_chunked else request
