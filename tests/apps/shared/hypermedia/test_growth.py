"""Twice the header, query or body is at most twice the work: nothing that is parsed takes the square of its length."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import BadRequest
from django.test import RequestFactory
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request

from apps.gateway import cors, edge
from apps.gateway.jsongraph.protocol import read_form
from apps.gateway.problems import Refused
from apps.order_history.api.serializers import OrdersQuerySerializer
from apps.shared.fields import MomentField, MoneyField, TextField
from apps.shared.hypermedia import expand, idempotency
from apps.shared.hypermedia.protocol import etags, negotiation, paging
from apps.shared.hypermedia.protocol.problems import Problem
from apps.shared.identity import oidc
from apps.shared.identity.caller import NotAdmitted
from apps.shared.rest import BoundedJSONParser
from postroad import context
from postroad.calls import deadline
from tests.support.growth import LINEAR, growth

pytestmark = pytest.mark.slow

HOSTILE = {
    "letters": "a",
    "commas": ",",
    "elements": "a,",
    "parameters": ";a=b",
    "quotes": '"',
    "open quotes": ';a="',
    "escapes": '\\"',
    "spaces": " ",
    "digits": "1",
    "ranges": "application/vnd.postroad.order+json; version=1; q=0.1, ",
    "tags": 'W/"a-b", ',
    "percents": "%2C",
    "words": "a ",
    "fields": "a=b&",
    "brackets": "[",
    "braces": '{"a":',
}
SERVED_BYTES = 32_000
"""As much as a server takes of a request's headers; a body is longer, and grows no faster."""

FACTORY = RequestFactory()
REFUSALS = (Problem, Refused, APIException, ValidationError, BadRequest, ValueError)


def header(name: str, read: Callable[[Any], object]) -> Callable[[str], object]:
    return lambda text: read(FACTORY.get("/", headers={name: text}))


def query(name: str, read: Callable[[Any], object]) -> Callable[[str], object]:
    return lambda text: read(FACTORY.get("/", {name: text}))


def field(make: type[Any]) -> Callable[[str], object]:
    return lambda text: make().run_validation(text)


def choose(text: str) -> object:
    return negotiation.choose(text, name="order", versions=(1, 2)), negotiation.names_version(text, name="order")


def orders_query(request: Any) -> Mapping[str, Any]:
    return paging.read_query(Request(request), OrdersQuerySerializer)


def token(text: str) -> object:
    with suppress(NotAdmitted):
        return oidc._key_id(f"{text}.{text}.{text}")
    return None


PARSERS: dict[str, Callable[[str], object]] = {
    "Accept": choose,
    "If-None-Match": header("If-None-Match", lambda request: etags.is_known(request, '"a"')),
    "If-Match": header("If-Match", lambda request: etags.check_unchanged(request, '"a"')),
    "Idempotency-Key": header(
        "Idempotency-Key",
        lambda request: idempotency.re.fullmatch(idempotency.KEY_PATTERN, request.headers["Idempotency-Key"]),
    ),
    "X-Forwarded-For": header("X-Forwarded-For", edge.client_address),
    "Origin": header("Origin", cors.preflight),
    "traceparent": context.read_trace_parent,
    "X-Request-Id": context.read_request_id,
    "deadline": deadline.parse,
    "token": token,
    "expand": query("expand", lambda request: expand.asked_parts(request, {})),
    "cursor": field(paging.CursorField),
    "limit": field(paging.LimitField),
    "keywords": query("keywords", orders_query),
    "since": query("since", orders_query),
    "startKey": query("startKey", orders_query),
    "status": query("status", orders_query),
    "text": field(TextField),
    "money": field(MoneyField),
    "moment": field(MomentField),
    "form": lambda text: read_form(text.encode()),
    "JSON": lambda text: BoundedJSONParser().parse(BytesIO(text.encode())),
    "JSON text": lambda text: BoundedJSONParser().parse(BytesIO(json.dumps([text]).encode())),
}


@pytest.mark.parametrize("pattern", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("parser", PARSERS)
def test_twice_the_input_is_at_most_twice_the_work(parser: str, pattern: str, caplog: pytest.LogCaptureFixture) -> None:
    def work(text: str) -> None:
        with suppress(*REFUSALS):
            PARSERS[parser](text)

    caplog.set_level("CRITICAL")

    assert growth(work, lambda size: (pattern * size)[:size], size=SERVED_BYTES // 2) < LINEAR
