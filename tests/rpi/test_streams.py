import asyncio
import datetime
import ipaddress
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from postroad.discovery.resolver import Endpoint
from postroad.errors import ServiceUnavailable
from postroad.rpi.proxy import client_of
from postroad.rpi.rest import Limits, RestTransport
from postroad.rpi.streams import HELD_BYTES, AgingAsyncBackend
from tests.support.calls import A_LOAF, Bakery, Fixed, Loaf, policy

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(A_LOAF), A_LOAF)
LOAF = Loaf(loaf_id=7, grams=500)


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


async def _open(server: asyncio.Server, age_seconds: float = 60) -> httpcore.AsyncNetworkStream:
    host, port = server.sockets[0].getsockname()
    return await AgingAsyncBackend(age_seconds).connect_tcp(host, port, timeout=2)


def _talk(conversation: Conversation, use: Callable[[httpcore.AsyncNetworkStream], Awaitable[None]]) -> None:
    """Let a server's side and a client's side of one connection meet."""

    async def run() -> None:
        async with _serving(conversation) as server:
            stream = await _open(server)
            try:
                await asyncio.wait_for(use(stream), 10)
            finally:
                await stream.aclose()

    asyncio.run(run())


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.001)


def test_much_arrives_whole_and_in_order_though_only_so_much_is_held() -> None:
    sent = bytes(range(256)) * (HELD_BYTES // 64)

    async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await writer.drain()

    async def hear(stream: httpcore.AsyncNetworkStream) -> None:
        await _until(lambda: len(stream._wire._arrived) >= HELD_BYTES)  # type: ignore[attr-defined]
        await asyncio.sleep(0.05)  # for more to come, if it could
        assert len(stream._wire._arrived) < 2 * HELD_BYTES  # type: ignore[attr-defined]
        heard = bytearray()
        while part := await stream.read(60_000):
            assert len(part) <= 60_000
            heard += part
        assert heard == sent

    _talk(say, hear)


@pytest.mark.parametrize("hosts", [["127.0.0.1"], ["127.0.0.2", "127.0.0.1"]])
def test_a_slow_name_server_is_not_counted_as_a_slow_service(hosts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    async def say_hello(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")

    async def resolve(_host: str, port: int, **_options: Any) -> list[tuple[Any, ...]]:
        await asyncio.sleep(0.2)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in hosts]

    async def main() -> bytes:
        async with _serving(say_hello) as server:
            monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
            port = server.sockets[0].getsockname()[1]
            stream = await AgingAsyncBackend(60).connect_tcp("service.example", port, timeout=0.1)
            said = await stream.read(100)
            await stream.aclose()
            return said

    assert asyncio.run(main()) == b"hello"


def test_a_writer_waits_for_a_slow_reader_and_loses_nothing() -> None:
    sent, heard = bytes(range(256)) * 40_000, bytearray()
    may_read = asyncio.Event()

    async def hear_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await may_read.wait()
        while part := await reader.read(65_536):
            heard.extend(part)

    async def say(stream: httpcore.AsyncNetworkStream) -> None:
        writing = asyncio.create_task(stream.write(sent))
        assert await asyncio.wait({writing}, timeout=0.1) == (set(), {writing})
        may_read.set()
        await writing
        await stream.aclose()
        await _until(lambda: len(heard) == len(sent))
        assert heard == sent

    _talk(hear_late, say)


def test_a_broken_connection_is_an_error_of_httpcore_on_reading_and_on_writing() -> None:
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def use(stream: httpcore.AsyncNetworkStream) -> None:
        await stream.write(b"xy")
        with pytest.raises(httpcore.ReadError):
            await stream.read(10)
        with pytest.raises(httpcore.WriteError):
            await stream.write(b"z")

    _talk(break_off, use)


def test_an_idle_connection_is_over_once_it_is_closed_or_spoken_on_or_old() -> None:
    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Say nothing."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
        await reader.read()

    async def becomes_readable(stream: httpcore.AsyncNetworkStream) -> None:
        await _until(lambda: stream.get_extra_info("is_readable"))

    _talk(close, becomes_readable)
    _talk(speak, becomes_readable)

    async def be_old() -> None:
        async with _serving(speak) as server:
            stream = await _open(server, age_seconds=0)
            assert stream.get_extra_info("is_readable")
            await stream.aclose()

    asyncio.run(be_old())


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
