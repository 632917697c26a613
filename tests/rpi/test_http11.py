"""The client of event loops against servers that say exactly what a test wants."""

import asyncio
import datetime
import ipaddress
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpcore
import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from postroad.discovery.resolver import Endpoint
from postroad.errors import ServiceUnavailable
from postroad.rpi.http11 import MOST_HEAD_BYTES, Bounds, Pool, Response, TooLong, written
from postroad.rpi.proxy import client_of
from postroad.rpi.rest import Limits, RestTransport
from tests.support.calls import A_LOAF, Bakery, Fixed, Loaf, policy

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(A_LOAF), A_LOAF)
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
LOAF = Loaf(loaf_id=7, grams=500)
HERE = Endpoint(host="127.0.0.1", port=80)


@pytest.fixture(autouse=True, params=[asyncio.DefaultEventLoopPolicy, uvloop.EventLoopPolicy])
def both_kinds_of_loop(request: pytest.FixtureRequest) -> Iterator[None]:
    """The gateway's loops are uvloop's; those of make run are asyncio's."""
    asyncio.set_event_loop_policy(request.param())
    yield
    asyncio.set_event_loop_policy(None)


class Secured(Fixed):
    """The same instances, by https."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.endpoints = [Endpoint(host="127.0.0.1", port=port, is_secure=True)]


@asynccontextmanager
async def _serving(conversation: Conversation, **options: Any) -> AsyncIterator[asyncio.Server]:
    """Serve during a block, and see every conversation to its end."""
    under_way: list[asyncio.Future[None]] = []

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        under_way.append(ended := asyncio.get_running_loop().create_future())
        try:
            await conversation(reader, writer)
            writer.close()
        except ConnectionError:
            writer.transport.abort()
        finally:
            ended.set_result(None)

    async with await asyncio.start_server(converse, "127.0.0.1", 0, **options) as server:
        yield server
        await asyncio.wait_for(asyncio.gather(*under_way), 5)


class Server:
    """Answers the requests of all connections in turn with what it was given; nothing: closes."""

    def __init__(self, *answers: bytes) -> None:
        self.answers, self.connections = list(answers), 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while self.answers:
            try:
                await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                return
            writer.write(answer := self.answers.pop(0))
            if answer.endswith(END):
                return


END = b"<the connection ends>"


def _pool(server: asyncio.Server, **bounds: Any) -> Pool:
    host, port = server.sockets[0].getsockname()
    given = {"age_seconds": 60, "idle_seconds": 60, "most_idle": 8, "most_bytes": 1000, **bounds}
    return Pool(Endpoint(host=host, port=port), bounds=Bounds(**given), tls=ssl.create_default_context())


async def _send(pool: Pool, request: bytes = REQUEST, *, is_head: bool = False) -> Response:
    return await asyncio.wait_for(pool.send(request, is_head=is_head, connect_seconds=2), 5)


def _talk(conversation: Conversation, use: Callable[[Pool], Awaitable[None]], **bounds: Any) -> None:
    """Let a server and a client's pool of connections meet."""

    async def run() -> None:
        async with _serving(conversation) as server:
            pool = _pool(server, **bounds)
            try:
                await asyncio.wait_for(use(pool), 10)
            finally:
                pool.close()

    asyncio.run(run())


def _answers(*answers: bytes, is_head: bool = False) -> tuple[list[Response], int]:
    """Ask as often as there are answers; return what came, and over how many connections."""
    server, came = Server(*answers), []

    async def ask(pool: Pool) -> None:
        came.extend([await _send(pool, is_head=is_head) for _ in range(len(answers))])

    _talk(server, ask)
    return came, server.connections


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.001)


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
            await _send(pool)
        assert (await _send(pool)).body == b"ok"

    _talk(server, ask)
    assert server.connections == 2


def test_an_answer_may_come_byte_by_byte() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for byte in OK:
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        await reader.read()

    async def ask(pool: Pool) -> None:
        assert (await _send(pool)).body == b"ok"

    _talk(drip, ask)


def test_a_large_request_reaches_a_slow_reader_whole() -> None:
    body, heard = bytes(range(256)) * 20_000, bytearray()

    async def hear_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.1)  # until the client's buffers are full
        heard.extend(await reader.readexactly(len(REQUEST) + len(body)))
        writer.write(OK)
        await reader.read()

    async def ask(pool: Pool) -> None:
        assert (await _send(pool, REQUEST + body)).body == b"ok"

    _talk(hear_late, ask)
    assert heard == REQUEST + body


def test_a_reset_connection_is_an_error_of_httpcore() -> None:
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def ask(pool: Pool) -> None:
        with pytest.raises(httpcore.ReadError):
            await _send(pool)

    _talk(break_off, ask)


def test_a_call_that_is_given_up_closes_its_connection() -> None:
    heard: list[bytes] = []

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(1000))
        heard.append(await reader.read(1000))  # until the other side ends

    async def ask(pool: Pool) -> None:
        asked = asyncio.create_task(_send(pool))
        await _until(lambda: heard)
        asked.cancel()
        await _until(lambda: len(heard) == 2)

    _talk(say_nothing, ask)
    assert heard == [REQUEST, b""]


@pytest.mark.parametrize("bound", ["age_seconds", "idle_seconds", "most_idle"])
def test_a_connection_beyond_its_bounds_is_not_used_again(bound: str) -> None:
    server = Server(OK, OK)

    async def ask_twice(pool: Pool) -> None:
        await _send(pool)
        await _send(pool)

    _talk(server, ask_twice, **{bound: 0})
    assert server.connections == 2


def test_a_connection_that_the_server_has_closed_meanwhile_costs_no_call() -> None:
    server = Server(OK)

    async def ask_twice(pool: Pool) -> None:
        await _send(pool)
        await _until(lambda: pool._idle[0].is_over)
        server.answers.append(OK)
        assert (await _send(pool)).body == b"ok"

    _talk(server, ask_twice)
    assert server.connections == 2


@pytest.mark.parametrize("hosts", [["127.0.0.1"], ["127.0.0.2", "127.0.0.1"]])
def test_a_slow_name_server_is_not_counted_as_a_slow_service(hosts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(_host: str, port: int, **_options: Any) -> list[tuple[Any, ...]]:
        await asyncio.sleep(0.2)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in hosts]

    async def ask(pool: Pool) -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        assert (await pool.send(REQUEST, is_head=False, connect_seconds=0.1)).body == b"ok"

    _talk(Server(OK), ask)


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


def test_a_server_that_says_something_unasked_is_not_believed() -> None:
    """A late 408 on an idle connection must not become the answer to the next call."""
    connections, is_read = 0, asyncio.Event()

    async def answer_then_babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await is_read.wait()
        writer.write(b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n")
        await reader.read()

    async def call() -> None:
        async with _serving(answer_then_babble) as server:
            transport = RestTransport(Fixed(server.sockets[0].getsockname()[1]), limits=Limits())
            bakery = client_of(Bakery, transport=transport, policy=lambda _: policy())
            assert await bakery.loaf_async(7) == LOAF
            is_read.set()
            await asyncio.sleep(0.05)
            assert await bakery.loaf_async(7) == LOAF
            await transport.aclose()

    asyncio.run(call())
    assert connections == 2


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and its own certificate for 127.0.0.1, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bakery")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "bakery.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


async def _call_securely(certificate: Path) -> tuple[Loaf | None, Loaf | None]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await reader.read()

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    async with _serving(answer, ssl=context) as server:
        transport = RestTransport(Secured(server.sockets[0].getsockname()[1]), limits=Limits())
        bakery = client_of(Bakery, transport=transport, policy=lambda _: policy(attempts=1))
        try:
            return await bakery.loaf_async(7), await asyncio.to_thread(bakery.loaf, 7)
        finally:
            transport.close()
            await transport.aclose()


def test_calls_by_tls_in_both_colours(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    assert asyncio.run(_call_securely(certificate)) == (LOAF, LOAF)


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path) -> None:
    with pytest.raises(ServiceUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
        asyncio.run(_call_securely(certificate))
