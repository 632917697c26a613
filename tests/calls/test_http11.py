"""Answers that the client of event loops reads, and requests that it writes."""

import asyncio

import httpcore
import pytest

from postroad.calls.discovery.resolver import Endpoint
from postroad.calls.transports.http11 import MOST_HEAD_BYTES, Pool, Response, TooLong, written
from tests.support.conversations import END, OK, REQUEST, Server, send, talk

pytestmark = pytest.mark.usefixtures("both_kinds_of_loop")

HERE = Endpoint(host="127.0.0.1", port=80)


def _answers(*answers: bytes, is_head: bool = False) -> tuple[list[Response], int]:
    """Ask as often as there are answers; return what came, and over how many connections."""
    server, came = Server(*answers), []

    async def ask(pool: Pool) -> None:
        came.extend([await send(pool, is_head=is_head) for _ in range(len(answers))])

    talk(server, ask)
    return came, server.connections


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (OK, b"ok"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3;x=y\r\ncde\r\n0\r\nt: 1\r\n\r\n",
            b"abcde",
        ),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n", b""),
        (b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"ok"),
    ],
)
def test_an_answer_is_whole_and_its_connection_kept(answer: bytes, body: bytes) -> None:
    came, connections = _answers(answer, answer)

    assert [response.body for response in came] == [body, body]
    assert connections == 1


def test_status_and_headers_are_as_sent_and_those_of_an_interim_answer_are_not_its() -> None:
    [response], _ = _answers(
        b"HTTP/1.1 103 x\r\nlink: y\r\n\r\nHTTP/1.1 418 I'm a Teapot\r\nX-Tea:  caf\xe9 \r\nContent-Length: 0\r\n\r\n"
    )

    assert response.status == 418
    assert [(name, value.strip()) for name, value in response.headers] == [
        (b"x-tea", b"caf\xe9"),
        (b"content-length", b"0"),
    ]


def test_an_answer_to_head_has_no_body_whatever_it_announces() -> None:
    answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"

    came, connections = _answers(answer, answer, is_head=True)

    assert [response.body for response in came] == [b"", b""]
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

    assert [(response.status, response.body) for response in came] == [(200, b"ok")] * 2
    assert connections == 2


def test_a_body_of_no_announced_length_ends_with_its_connection() -> None:
    [response], _ = _answers(b"HTTP/1.1 200 OK\r\n\r\nall of it" + END)

    assert response.body == b"all of it" + END


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", httpcore.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", httpcore.RemoteProtocolError),
        (b"HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n", httpcore.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\nx: " + b"a" * MOST_HEAD_BYTES, httpcore.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n" + b"a" * 1001, TooLong),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 1001, TooLong),
        (END, httpcore.RemoteProtocolError),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nx" + END, httpcore.ReadError),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n99\r\nx" + END, httpcore.ReadError),
        (b"HTTP/1.1 200 OK\r\nx: " + END, httpcore.ReadError),
    ],
)
def test_what_is_no_whole_answer_is_an_error_and_the_next_call_uses_another_connection(
    answer: bytes, error: type[Exception]
) -> None:
    server = Server(answer, OK)

    async def ask(pool: Pool) -> None:
        with pytest.raises(error):
            await send(pool)
        assert (await send(pool)).body == b"ok"

    talk(server, ask)
    assert server.connections == 2


def test_an_answer_may_come_byte_by_byte() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for byte in OK:
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        await reader.read()

    async def ask(pool: Pool) -> None:
        assert (await send(pool)).body == b"ok"

    talk(drip, ask)


def test_a_large_request_reaches_a_slow_reader_whole() -> None:
    body, heard = bytes(range(256)) * 20_000, bytearray()

    async def hear_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.1)  # until the client's buffers are full
        heard.extend(await reader.readexactly(len(REQUEST) + len(body)))
        writer.write(OK)
        await reader.read()

    async def ask(pool: Pool) -> None:
        assert (await send(pool, REQUEST + body)).body == b"ok"

    talk(hear_late, ask)
    assert heard == REQUEST + body


@pytest.mark.parametrize(
    ("endpoint", "host"),
    [
        (HERE, "127.0.0.1"),
        (Endpoint(host="kitchen", port=8003), "kitchen:8003"),
        (Endpoint(host="::1", port=443, is_secure=True), "[::1]"),
        (Endpoint(host="kitchen", port=443), "kitchen:443"),
    ],
)
def test_a_request_names_its_host(endpoint: Endpoint, host: str) -> None:
    request = written("POST", endpoint, "/a?b=%20", [("x", "caf\xe9"), ("content-length", "2")], b"ok")

    assert (
        request == b"POST /a?b=%%20 HTTP/1.1\r\nhost: %b\r\nx: caf\xe9\r\ncontent-length: 2\r\n\r\nok" % host.encode()
    )


@pytest.mark.parametrize("target", ["/a b", "/a\r\nx: y", "/a\nb", "/a\0", "/€"])
def test_a_target_that_would_be_read_as_something_else_is_not_sent(target: str) -> None:
    with pytest.raises(httpcore.LocalProtocolError):
        written("GET", HERE, target, [], b"")


@pytest.mark.parametrize(
    ("name", "value"), [("x", "a\r\ny: b"), ("x", "a\nb"), ("x\r\ny", "b"), ("", "b"), ("x y", "b"), ("x", "€")]
)
def test_a_header_that_would_be_read_as_something_else_is_not_sent(name: str, value: str) -> None:
    with pytest.raises(httpcore.LocalProtocolError):
        written("GET", HERE, "/", [(name, value)], b"")
