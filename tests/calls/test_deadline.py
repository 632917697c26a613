import asyncio
import logging
from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import Client, RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from postroad.calls import deadline
from postroad.calls.proxy import client_of
from postroad.calls.transport import Answer
from postroad.calls.transports.local import CALL
from postroad.errors import DeadlineExceeded
from postroad.web.deadlines import DeadlineMiddleware
from tests.support.calls import A_LOAF, Bakery, Scripted, policy


def _request(value: str | None) -> HttpRequest:
    headers = {} if value is None else {deadline.HEADER: value}
    return RequestFactory().get("/v1/loaves/7", headers=headers)


def _answer(value: str | None, view: Callable[[HttpRequest], HttpResponse]) -> HttpResponseBase:
    response = DeadlineMiddleware(view)(_request(value))
    assert isinstance(response, HttpResponseBase)
    return response


def _left(_: HttpRequest) -> HttpResponse:
    return HttpResponse(str(deadline.remaining()))


@given(st.text(max_size=30))
def test_no_header_value_is_an_error(text: str) -> None:
    seconds = deadline.parse(text)

    assert seconds is None or abs(seconds) < 10**8


@pytest.mark.parametrize("text", ["", "soon", "1.5", "1e3", "٣", "9" * 400, " 5", "nan", "0x10"])
def test_a_value_that_is_no_whole_number_is_logged_and_ignored(text: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert deadline.parse(text) is None

    assert "deadline header ignored" in caplog.text


def test_a_view_has_the_time_that_its_caller_says() -> None:
    response = _answer("800", _left)

    assert 0.5 < float(getattr(response, "content", b"")) <= 0.8
    assert deadline.remaining() is None


@pytest.mark.parametrize("value", [None, "soon"])
def test_without_a_readable_header_a_view_has_no_deadline(value: str | None) -> None:
    assert getattr(_answer(value, _left), "content", b"") == b"None"


@pytest.mark.parametrize("value", ["0", "-5"])
def test_a_request_whose_time_is_over_is_answered_before_any_work(value: str) -> None:
    worked: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        worked.append(request)
        return HttpResponse()

    response = _answer(value, view)

    assert response.status_code == 504
    assert b'"code": "deadline_exceeded"' in getattr(response, "content", b"")
    assert worked == []


def test_an_asynchronous_view_has_the_time_too_and_is_not_begun_without() -> None:
    async def view(_: HttpRequest) -> HttpResponse:
        return HttpResponse(str(deadline.remaining()))

    async def answer(value: str) -> HttpResponseBase:
        made = DeadlineMiddleware(view)(_request(value))
        assert not isinstance(made, HttpResponseBase)
        return await made

    assert 0.5 < float(getattr(asyncio.run(answer("800")), "content", b"")) <= 0.8
    assert asyncio.run(answer("0")).status_code == 504


def test_a_view_that_runs_out_of_time_is_answered_504() -> None:
    middleware = DeadlineMiddleware(_left)

    late = middleware.process_exception(_request(None), DeadlineExceeded("bakery.loaf: no answer in time"))
    other = middleware.process_exception(_request(None), ValueError())

    assert late is not None
    assert late.status_code == 504
    assert other is None


def test_a_deadline_inside_another_never_lengthens_it() -> None:
    with deadline.within(1), deadline.within(60), deadline.within(None):
        left = deadline.remaining()

    assert left is not None
    assert left <= 1


def test_over_two_hops_the_time_only_shrinks() -> None:
    """Client → first service (which spends some time) → second service."""
    second = Scripted(Answer(status=200, body=A_LOAF))
    bakery = client_of(Bakery, transport=second, policy=lambda _: policy())

    def first_service(_: HttpRequest) -> HttpResponse:
        bakery.loaf(7)
        return HttpResponse()

    first_value = deadline.header_value(0.3)
    _answer(first_value, first_service)

    assert first_value == "300"
    assert 0 < second.timeouts[0] < 0.3  # its own deadline of 0.5 s is not what it gets
    assert int(deadline.header_value(second.timeouts[0])) < 300


@pytest.mark.django_db
def test_every_service_of_the_project_refuses_a_request_whose_time_is_over(client: Client) -> None:
    call = {CALL: "kitchen.ticket"}  # of this process to itself: a client's deadline is left at the gateway's door
    late = client.get("/kitchen/v1/tickets/1", headers={deadline.HEADER: "0"}, **call)
    garbage = client.get("/kitchen/v1/tickets/1", headers={deadline.HEADER: "\x00soon"}, **call)

    assert (late.status_code, late.json()["code"]) == (504, "deadline_exceeded")
    assert garbage.status_code == 404
