"""A WSGI application served by an event loop, in threads: what it is given, and what becomes of its answer."""

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from postroad.web.threads import InThreads

SCOPE = {
    "type": "http",
    "method": "POST",
    "raw_path": b"/caf%C3%A9/%ff",
    "query_string": b"a=%26",
    "http_version": "1.1",
    "scheme": "http",
    "client": ("10.0.0.9", 5000),
    "server": ("10.0.0.1", 8000),
    "headers": [(b"host", b"shop"), (b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"accept", b"x"), (b"accept", b"y")],
}


def answered(application: Any, *events: dict[str, Any], maximum: int = 100, **scope: Any) -> list[dict[str, Any]]:
    """What is sent for a request that arrives in these events."""
    sent: list[dict[str, Any]] = []
    coming = list(events) or [{"type": "http.request", "body": b""}]

    async def receive() -> dict[str, Any]:
        return coming.pop(0)

    async def send(event: Any) -> None:
        sent.append(dict(event))

    async def serve() -> None:
        served = InThreads(application, threads=1, body_bytes=maximum)
        await served({**SCOPE, **scope}, receive, send)
        assert served.close()

    asyncio.run(serve())
    return sent


def part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer what came."""
    shown = {name: value for name, value in environ.items() if isinstance(value, str)}
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [json.dumps({**shown, "body": environ["wsgi.input"].read().decode()}).encode()]


def environ_of(*events: dict[str, Any], **scope: Any) -> Any:
    return json.loads(answered(echo, *events, **scope)[1]["body"])


def test_a_request_is_given_as_pep_3333_has_it() -> None:
    environ = environ_of()

    assert environ["PATH_INFO"].encode("latin-1") == b"/caf\xc3\xa9/\xff"
    assert environ["QUERY_STRING"] == "a=%26"
    assert environ["REMOTE_ADDR"] == "10.0.0.9"
    assert environ["HTTP_HOST"] == "shop"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_ACCEPT"] == "x,y"


def test_a_body_in_chunks_has_a_length() -> None:
    headers = [(b"transfer-encoding", b"chunked"), (b"content-type", b"text/plain")]
    environ = environ_of(part(b"ab", more=True), part(b"c"), headers=headers)

    assert (environ["body"], environ["CONTENT_LENGTH"], environ["CONTENT_TYPE"]) == ("abc", "3", "text/plain")
    assert "HTTP_TRANSFER_ENCODING" not in environ


def test_of_a_body_that_is_too_long_only_a_byte_more_is_kept() -> None:
    never = [part(b"x" * 60, more=True)] * 3

    assert environ_of(*never, maximum=100)["body"] == "x" * 101


def test_a_body_that_breaks_off_reaches_nobody() -> None:
    assert answered(echo, part(b"a", more=True), {"type": "http.disconnect"}) == []


def test_an_answer_that_is_all_there_has_a_length() -> None:
    start, body = answered(echo)

    assert dict(start["headers"])[b"content-length"] == str(len(body["body"])).encode()


def test_a_stream_is_sent_as_it_comes_and_closed_in_its_thread() -> None:
    closed: list[str] = []

    class Stream:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"a", b"b"])

        def close(self) -> None:
            closed.append(threading.current_thread().name)

    def application(_environ: Any, start_response: Any) -> Stream:
        start_response("200 OK", [])
        return Stream()

    sent = answered(application)

    assert [event.get("body") for event in sent] == [None, b"a", b"b", b""]
    assert closed == ["web_0"]


def test_a_failure_of_the_application_is_the_servers_to_answer() -> None:
    def application(_environ: Any, _start_response: Any) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        answered(application)
