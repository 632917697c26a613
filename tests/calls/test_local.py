import asyncio
import threading
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse

import pytest
from django.core.wsgi import get_wsgi_application

from postroad.calls import deadline
from postroad.calls.client import Calls
from postroad.calls.fallback import degraded
from postroad.calls.proxy import client_of
from postroad.calls.transports.local import LocalTransport
from postroad.errors import DeadlineExceeded
from tests.support.calls import A_LOAF, Bakery, Fixed, HttpService, Loaf, Order, policy

THE_LOAF = Loaf(loaf_id=7, grams=500)


class _Application:
    """A WSGI application that notes what it is asked, and in which thread."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.threads: list[int] = []
        self.seen_deadlines: list[float | None] = []
        self.is_closed = False
        self.hold: threading.Event | None = None

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        self.asked.append(environ)
        self.bodies.append(environ["wsgi.input"].read())
        self.threads.append(threading.get_ident())
        self.seen_deadlines.append(deadline.remaining())
        if self.hold:
            self.hold.wait(0.6)
        start_response("200 OK", [("content-type", "application/json")])
        return _Body(self)


class _Body:
    def __init__(self, application: _Application) -> None:
        self._application = application

    def __iter__(self) -> Any:
        return iter([A_LOAF[:5], A_LOAF[5:]])

    def close(self) -> None:
        self._application.is_closed = True


def _bakery(application: _Application) -> Bakery:
    shared = policy(attempts=1)
    return client_of(Bakery, transport=LocalTransport(application), policy=lambda _: shared)


def test_the_application_is_called_in_the_callers_thread_under_the_services_name() -> None:
    application = _Application()

    assert _bakery(application).loaf(7) == THE_LOAF

    assert application.threads == [threading.get_ident()]
    assert application.asked[0]["PATH_INFO"] == "/bakery/v1/loaves/7"
    assert 300 < int(application.asked[0]["HTTP_X_POSTROAD_DEADLINE_MS"]) <= 500
    assert application.is_closed


def test_path_query_and_body_arrive_as_from_a_server() -> None:
    application = _Application()

    _bakery(application).bake("oben ü", Order(kind="rye"))

    assert application.asked[0]["PATH_INFO"] == "/bakery/v1/shelves/oben ü/loaves".encode().decode("latin-1")
    assert application.asked[0]["REQUEST_METHOD"] == "POST"
    assert application.bodies == [b'{"kind":"rye"}']


def test_the_application_sees_nothing_of_its_callers_context() -> None:
    application = _Application()

    with deadline.within(0.4):
        _bakery(application).loaf(7)

    assert application.seen_deadlines == [None]


def test_from_a_task_it_is_called_in_another_thread() -> None:
    application = _Application()

    assert asyncio.run(_bakery(application).loaf_async(7)) == THE_LOAF

    assert threading.get_ident() not in application.threads


def test_an_answer_that_comes_too_late_is_none() -> None:
    application = _Application()
    application.hold = threading.Event()

    with pytest.raises(DeadlineExceeded, match=r"too late"):
        _bakery(application).loaf(7)


def test_a_task_does_not_wait_longer_than_its_deadline() -> None:
    application = _Application()
    application.hold = threading.Event()

    async def call() -> int:
        with pytest.raises(DeadlineExceeded):
            await _bakery(application).loaf_async(7)
        return 1

    assert asyncio.run(call()) == 1


@pytest.mark.django_db
@pytest.mark.urls("tests.calls.bakery_urls")
def test_djangos_own_application_answers_with_its_middleware() -> None:
    bakery = client_of(Bakery, transport=LocalTransport(get_wsgi_application()), policy=lambda _: policy())

    assert bakery.loaf(7) == Loaf(loaf_id=7, grams=1)
    assert bakery.loaf(404) is None


def test_the_settings_choose_the_transport_of_each_service(settings: Any, service: HttpService) -> None:
    application = _Application()
    calls = Calls(Fixed(service.server_port), application=lambda: application)
    shared = policy()
    bakery = client_of(Bakery, transport=calls, policy=lambda _: shared)

    settings.POSTROAD = {"TRANSPORT": {"default": "rest", "bakery": "local"}}
    bakery.loaf(1)
    settings.POSTROAD = {"TRANSPORT": "default=rest"}
    bakery.loaf(2)

    assert [each["PATH_INFO"] for each in application.asked] == ["/bakery/v1/loaves/1"]
    assert [path for _, path, _, _ in service.requests] == ["/v1/loaves/2"]
    calls.close()


def test_a_call_without_grpc_method_goes_by_rest_where_grpc_is_set(settings: Any, service: HttpService) -> None:
    settings.POSTROAD = {"TRANSPORT": {"default": "grpc"}}
    service.answer = lambda line, body: (200, b"[]")
    calls = Calls(Fixed(service.server_port))

    with degraded() as found:
        client_of(Bakery, transport=calls, policy=lambda _: policy()).loaves()

    assert found == []
    assert service.requests[0][1] == "/v1/loaves?isFresh=true"
    calls.close()
