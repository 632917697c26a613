"""The start page of a gateway that runs alone."""

import asyncio
import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import StreamingHttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from apps.tour import remote, views
from postroad.calls.transport import Answer, Outgoing
from postroad.errors import ServiceUnavailable

pytestmark = pytest.mark.django_db


class Orders:
    """An orders service that answers these documents one after the other, the last one for ever; None: it is away."""

    def __init__(self, *documents: object) -> None:
        self._documents = list(documents)
        self.times_asked = 0

    async def send_async(self, outgoing: Outgoing, timeout_seconds: float) -> Answer:
        assert (outgoing.service, outgoing.target) == ("orders", "/tour/status.json")
        self.times_asked += 1
        document = self._documents.pop(0) if len(self._documents) > 1 else self._documents[0]
        if document is None:
            raise ServiceUnavailable("away")
        return Answer(status=200, body=json.dumps(document).encode())


@pytest.fixture
def orders(monkeypatch: pytest.MonkeyPatch) -> Any:
    def install(*documents: object) -> Orders:
        there = Orders(*documents)
        monkeypatch.setattr(remote, "calls", lambda: there)
        monkeypatch.setattr(remote, "LOOK_SECONDS", 0.001)
        monkeypatch.setattr(remote, "STREAM_SECONDS", 0.01)
        monkeypatch.setattr(remote, "_shared", remote.SharedLook())
        return there

    return install


def told() -> list[str]:
    answer = async_to_sync(remote.events)(RequestFactory().get("/tour/events"))
    assert isinstance(answer, StreamingHttpResponse)

    async def read() -> list[str]:
        return [chunk.decode() async for chunk in answer]

    return async_to_sync(read)()


def test_the_page_shows_all_services_and_leads_to_no_admin(settings: Settings) -> None:
    assert reverse("start") == "/"  # the routes are read while the services are still there
    settings.SERVICES = ()

    page = views.start_page(RequestFactory().get("/")).content.decode()

    assert "order_history" in page
    assert "data-order" in page
    assert "/admin/postroad" not in page
    assert "data-admin" not in page


def test_the_figures_are_those_of_orders(orders: Any) -> None:
    orders({"counters": {"outbox": 3}})

    answer = async_to_sync(remote.status)(RequestFactory().get("/tour/status.json"))

    assert json.loads(answer.content) == {"counters": {"outbox": 3}}


def test_figures_that_cannot_be_had_are_503(orders: Any) -> None:
    orders(None)

    answer = async_to_sync(remote.status)(RequestFactory().get("/tour/status.json"))

    assert (answer.status_code, json.loads(answer.content)["detail"]) == (503, "The orders service does not answer.")


def test_the_stream_tells_what_changes_and_when_orders_is_away(orders: Any) -> None:
    orders({"n": 1}, {"n": 1}, None, {"n": 2})

    events = told()

    assert events[0].startswith("retry:")
    assert [event for event in events[1:] if event.startswith("data")] == [
        'data: {"n": 1}\n\n',
        'data: {"detail": "The orders service does not answer."}\n\n',
        'data: {"n": 2}\n\n',
    ]


def test_streams_are_bounded_and_a_closed_one_makes_room(orders: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    orders({})
    monkeypatch.setattr(remote, "_MAX_STREAMS", 1)
    monkeypatch.setattr(remote, "_open", {object()})

    refused = async_to_sync(remote.events)(RequestFactory().get("/tour/events"))

    assert refused.status_code == 503


def test_fifty_streams_and_as_many_looks_ask_orders_as_often_as_one(
    orders: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = orders({"n": 1})
    monkeypatch.setattr(remote, "LOOK_SECONDS", 60.0)
    monkeypatch.setattr(remote, "STREAM_SECONDS", 60.0)
    request = RequestFactory().get("/tour/events")

    async def first_events() -> list[object]:
        answers = [await remote.events(request) for _ in range(remote._MAX_STREAMS)]
        streams = [aiter(answer) for answer in answers]  # type: ignore[call-overload]  # a gateway's are asynchronous
        beginnings = [await anext(stream) for stream in streams]
        shown = await asyncio.gather(*(anext(stream) for stream in streams))
        await asyncio.gather(*(remote.status(request) for _ in streams))
        await asyncio.gather(*(stream.aclose() for stream in streams))
        return [len(beginnings), *shown]

    told = asyncio.run(first_events())

    assert told == [50, *[b'data: {"n": 1}\n\n'] * 50]
    assert there.times_asked == 1


def test_a_browser_that_leaves_takes_the_answer_from_nobody_else(orders: Any) -> None:
    there = orders({"n": 1})

    async def two() -> Answer | None:
        leaving, staying = (asyncio.ensure_future(remote._shared.look()) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        return await staying

    answer = asyncio.run(two())

    assert answer is not None
    assert there.times_asked == 1


def test_an_ended_stream_is_forgotten(orders: Any) -> None:
    orders({})

    told()

    assert remote._open == set()


def test_the_script_finds_its_addresses(client: Client) -> None:
    page = client.get("/").content.decode()

    assert 'data-status="/tour/status.json"' in page
    assert 'data-events="/tour/events"' in page
