"""The stream behind the start page."""

import json
from collections.abc import Iterator

import pytest
from django.db import OperationalError
from django.http import StreamingHttpResponse
from django.test import Client, RequestFactory

from apps.tour import stream, views
from apps.tour.stream import Streams

pytestmark = pytest.mark.django_db  # the end of a response looks at the connections
REQUEST = RequestFactory().get("/tour/events")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(stream, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(stream, "STREAM_SECONDS", 0.1)


def opened(streams: Streams, *documents: object) -> StreamingHttpResponse:
    """Open a stream of these documents, the last of them for ever."""
    rest = list(documents)
    answer = streams.answer(REQUEST, lambda: rest.pop(0) if len(rest) > 1 else rest[0])
    assert isinstance(answer, StreamingHttpResponse)
    return answer


def events(answer: StreamingHttpResponse) -> Iterator[bytes]:
    return iter(answer)  # type: ignore[call-overload]  # a stream of ours is never asynchronous


def test_a_document_is_sent_again_only_when_it_has_changed() -> None:
    told = list(events(opened(Streams(), {"n": 1}, {"n": 1}, {"n": 2})))

    assert told[0] == b"retry: 500\n\n"
    assert [line for line in told if line.startswith(b"data")] == [b'data: {"n": 1}\n\n', b'data: {"n": 2}\n\n']


def test_a_silent_stream_gives_signs_of_life_and_ends_by_itself() -> None:
    assert b": alive\n\n" in list(events(opened(Streams(), {"n": 1})))


def test_only_so_many_streams_are_open() -> None:
    streams = Streams(maximum=1)
    first = opened(streams, {})

    refused = streams.answer(REQUEST, dict)

    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    first.close()
    assert streams.answer(REQUEST, dict).status_code == 200


def test_a_browser_that_goes_before_the_first_event_frees_its_stream() -> None:
    streams = Streams(maximum=1)
    opened(streams, {}).close()

    assert opened(streams, {}).status_code == 200


def test_a_closed_process_ends_its_streams_and_opens_no_more() -> None:
    streams = Streams()
    answer = events(opened(streams, {"n": 1}))
    next(answer)
    next(answer)
    streams.close()

    assert list(answer) == []
    assert streams.answer(REQUEST, dict).status_code == 503


def test_the_page_streams_what_its_status_says(client: Client) -> None:
    answer = client.get("/tour/events")
    told = [json.loads(line[6:]) for line in answer if line.startswith(b"data")]  # type: ignore[attr-defined]

    assert answer["Content-Type"] == "text/event-stream"
    assert told[0] == client.get("/tour/status.json").json()
    assert told[0]["maximum"] == views.MAX_COUNTED


def test_a_database_that_is_away_is_told_and_looked_at_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> object:
        raise OperationalError("away")

    monkeypatch.setattr(views, "_counters", fail)
    monkeypatch.setattr(views, "close_old_connections", lambda: None)

    told = [line for line in client.get("/tour/events") if line.startswith(b"data")]  # type: ignore[attr-defined]

    assert json.loads(told[0][6:]) == {"detail": "The database does not answer: OperationalError."}
