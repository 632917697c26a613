"""Connections of event loops: how long they are used, how they end, and what is said on them unasked."""

import asyncio
import datetime
import ipaddress
import socket
import ssl
import struct
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from postroad.calls.discovery.resolver import Endpoint
from postroad.calls.proxy import client_of
from postroad.calls.transports.http11 import Bounds, Pool
from postroad.calls.transports.rest import Limits, RestTransport
from postroad.errors import ServiceUnavailable
from tests.support.calls import A_LOAF, Bakery, Fixed, Loaf, policy
from tests.support.conversations import OK, REQUEST, Server, send, serving, talk, until

pytestmark = pytest.mark.usefixtures("both_kinds_of_loop")

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(A_LOAF), A_LOAF)
LOAF = Loaf(loaf_id=7, grams=500)


class Secured(Fixed):
    """The same instances, by https."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.endpoints = [Endpoint(host="127.0.0.1", port=port, is_secure=True)]


def test_a_reset_connection_is_an_error_of_httpcore() -> None:
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def ask(pool: Pool) -> None:
        with pytest.raises(httpcore.ReadError):
            await send(pool)

    talk(break_off, ask)


def test_a_call_that_is_given_up_closes_its_connection() -> None:
    heard: list[bytes] = []

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(1000))
        heard.append(await reader.read(1000))  # until the other side ends

    async def ask(pool: Pool) -> None:
        asked = asyncio.create_task(send(pool))
        await until(lambda: heard)
        asked.cancel()
        await until(lambda: len(heard) == 2)

    talk(say_nothing, ask)
    assert heard == [REQUEST, b""]


def test_a_call_has_ended_only_when_its_connection_has() -> None:
    """A bulkhead gives a place on as soon as the call has ended, and the next one must not be one connection more."""

    async def give_up() -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            bounds = Bounds(age_seconds=9, idle_seconds=9, most_idle=1, most_bytes=9)
            endpoint = Endpoint(host="127.0.0.1", port=silent.getsockname()[1])
            pool = Pool(endpoint, bounds=bounds, tls=ssl.create_default_context())
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await pool.send(REQUEST, is_head=False, connect_seconds=2)
            accepted, _ = silent.accept()
            with accepted:
                accepted.settimeout(0)
                assert (accepted.recv(1000), accepted.recv(1)) == (REQUEST, b"")  # closed at this very moment

    asyncio.run(give_up())


@pytest.mark.parametrize("bound", ["age_seconds", "idle_seconds", "most_idle"])
def test_a_connection_beyond_its_bounds_is_not_used_again(bound: str) -> None:
    server = Server(OK, OK)

    async def ask_twice(pool: Pool) -> None:
        await send(pool)
        await send(pool)

    talk(server, ask_twice, **{bound: 0})
    assert server.connections == 2


def test_a_connection_that_the_server_has_closed_meanwhile_costs_no_call() -> None:
    server = Server(OK)

    async def ask_twice(pool: Pool) -> None:
        await send(pool)
        await until(lambda: pool._idle[0].is_over)
        server.answers.append(OK)
        assert (await send(pool)).body == b"ok"

    talk(server, ask_twice)
    assert server.connections == 2


@pytest.mark.parametrize("hosts", [["127.0.0.1"], ["127.0.0.2", "127.0.0.1"]])
def test_a_slow_name_server_is_not_counted_as_a_slow_service(hosts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(_host: str, port: int, **_options: Any) -> list[tuple[Any, ...]]:
        await asyncio.sleep(0.2)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in hosts]

    async def ask(pool: Pool) -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
        assert (await pool.send(REQUEST, is_head=False, connect_seconds=0.1)).body == b"ok"

    talk(Server(OK), ask)


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
        async with serving(answer_then_babble) as server:
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
    async with serving(answer, ssl=context) as server:
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
