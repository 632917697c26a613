"""What asynchronous calls make of the answers they get, and which requests they send."""

import asyncio
import re
from collections.abc import Mapping

import pytest

from postroad.calls.transport import Answer
from postroad.errors import InvalidAnswer, ServiceUnavailable
from tests.support.conversations import END, OK, Caller, Server, talk

pytestmark = pytest.mark.usefixtures("both_kinds_of_loop")


def _answers(*answers: bytes, verb: str = "GET") -> tuple[list[Answer], int]:
    """Ask as often as there are answers; return what came, and over how many connections."""
    server, came = Server(*answers), list[Answer]()

    async def ask(caller: Caller) -> None:
        came.extend([await caller.call(verb) for _ in range(len(answers))])

    talk(server, ask)
    return came, server.connections


def _request(verb: str, target: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """Return the head of the request that a call sends."""
    server = Server(b"HTTP/1.1 204 No Content\r\n\r\n")

    async def ask(caller: Caller) -> None:
        await caller.call(verb, target, body=body, headers=headers)

    talk(server, ask)
    return server.heard[0]


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (OK, b"ok"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3;x=y\r\ncde\r\n0\r\n\r\n", b"abcde"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n", b""),
        (b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nok", b"ok"),
    ],
)
def test_an_answer_is_whole_and_its_connection_kept(answer: bytes, body: bytes) -> None:
    came, connections = _answers(answer, answer)

    assert [each.body for each in came] == [body, body]
    assert connections == 1


def test_status_and_headers_are_as_sent_with_names_in_lower_case() -> None:
    [answer], _ = _answers(
        b"HTTP/1.1 418 Tea\r\nX-Tea:  caf\xe9 \r\nSet-Cookie: a\r\nSet-Cookie: b\r\ncontent-length: 0\r\n\r\n"
    )

    assert answer.status == 418
    assert [(name, value.strip()) for name, value in answer.headers] == [
        ("x-tea", "caf\xe9"),
        ("set-cookie", "a"),
        ("set-cookie", "b"),
        ("content-length", "0"),
    ]


def test_a_redirect_is_an_answer_like_any_other() -> None:
    [answer], _ = _answers(b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n")

    assert answer.status == 302


def test_an_answer_to_head_has_no_body_whatever_it_announces() -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"

    came, connections = _answers(answer, answer, verb="HEAD")

    assert [each.body for each in came] == [b"", b""]
    assert connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok",
        OK + b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n",  # nobody asked for a second one
    ],
)
def test_a_connection_that_is_to_end_is_not_used_again(answer: bytes) -> None:
    came, connections = _answers(answer, answer)

    assert [(each.status, each.body) for each in came] == [(200, b"ok")] * 2
    assert connections == 2


def test_a_body_of_no_announced_length_ends_with_its_connection() -> None:
    [answer], _ = _answers(b"HTTP/1.1 200 OK\r\n\r\nall of it" + END)

    assert answer.body == b"all of it"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", ServiceUnavailable),
        (b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", ServiceUnavailable),
        (b"HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n", ServiceUnavailable),
        (b"HTTP/1.1 200 OK\r\nx: " + b"a" * 1_000_000, ServiceUnavailable),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\n" + b"a" * 1001, InvalidAnswer),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 1001, InvalidAnswer),
        (END, ServiceUnavailable),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nx" + END, ServiceUnavailable),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n99\r\nx" + END, ServiceUnavailable),
    ],
)
def test_what_is_no_whole_answer_is_an_error_and_the_next_call_uses_another_connection(
    answer: bytes, error: type[Exception]
) -> None:
    server = Server(answer, OK)

    async def ask(caller: Caller) -> None:
        with pytest.raises(error):
            await caller.call()
        assert (await caller.call()).body == b"ok"

    talk(server, ask)
    assert server.connections == 2


def test_a_large_request_reaches_a_slow_reader_whole() -> None:
    body, heard = bytes(range(256)) * 20_000, bytearray()

    async def hear_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.1)  # until the client's buffers are full
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"content-length: %d\r\n" % len(body) in head.lower()
        heard.extend(await reader.readexactly(len(body)))
        writer.write(OK)
        await reader.read()

    async def ask(caller: Caller) -> None:
        assert (await caller.call("POST", body=body)).body == b"ok"

    talk(hear_late, ask)
    assert heard == body


@pytest.mark.parametrize(
    "target", ["/a/../b", "//a//./c", "/%2e%2e/x", "/a?b=%2F&c=%7e", "/a?b='x'", "/a%20b", "/a;b=c?d&d"]
)
def test_a_target_is_sent_as_it_is(target: str) -> None:
    assert _request("GET", target).split(b"\r\n")[0] == f"GET {target} HTTP/1.1".encode()


@pytest.mark.parametrize(
    ("verb", "length"), [("GET", None), ("HEAD", None), ("POST", b"0"), ("PUT", b"0"), ("PATCH", b"0")]
)
def test_a_request_without_a_body_says_so_where_one_is_usual(verb: str, length: bytes | None) -> None:
    found = re.search(rb"content-length: (\d+)", _request(verb, "/").lower())

    assert (found and found[1]) == length


def test_a_request_has_no_headers_that_nobody_gave_it() -> None:
    names = {
        line.split(b":")[0]
        for line in _request("POST", "/", body=b"{}", headers={"x-one": "1"}).lower().split(b"\r\n")[1:]
    }

    assert names == {b"", b"accept", b"content-length", b"content-type", b"host", b"x-postroad-deadline-ms", b"x-one"}


@pytest.mark.parametrize("value", ["caf\xc3\xa9", "a\tb", "plain"])
def test_a_header_is_sent_as_the_bytes_it_stands_for(value: str) -> None:
    assert b"x-one: " + value.encode("latin-1") + b"\r\n" in _request("GET", "/", headers={"x-one": value})


@pytest.mark.parametrize("target", ["/a b", "/a\r\nx: y", "/a\nb", "/a\tb", "/a\0", "/€", "/a#b", ""])
def test_a_target_that_would_be_read_as_something_else_is_not_sent(target: str) -> None:
    async def ask(caller: Caller) -> None:
        with pytest.raises(ServiceUnavailable):
            await caller.call(target=target)

    server = Server(OK)
    talk(server, ask)
    assert server.connections == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x", "a\r\ny: b"),
        ("x", "a\nb"),
        ("x", "a\0"),
        ("x\r\ny", "b"),
        ("", "b"),
        ("x y", "b"),
        ("x", "€"),
        ("x", "\xe9"),
    ],
)
def test_a_header_that_would_be_read_as_something_else_is_not_sent(name: str, value: str) -> None:
    async def ask(caller: Caller) -> None:
        with pytest.raises(ServiceUnavailable):
            await caller.call(headers={name: value})

    server = Server(OK)
    talk(server, ask)
    assert server.connections == 0
