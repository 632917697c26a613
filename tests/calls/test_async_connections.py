"""Connections of asynchronous calls: how long they are used, how they end, and what is said on them unasked."""

import asyncio
import datetime
import gc
import ipaddress
import socket
import ssl
import struct
import weakref
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from postroad.calls.discovery.resolver import Endpoint
from postroad.calls.proxy import client_of
from postroad.calls.transport import Outgoing
from postroad.calls.transports import rest
from postroad.calls.transports.rest import Limits, RestTransport
from postroad.errors import DeadlineExceeded, NotReached, ServiceUnavailable
from tests.support.calls import A_LOAF, Bakery, Fixed, Loaf, policy
from tests.support.conversations import END, OK, Caller, Server, serving, talk, until

pytestmark = pytest.mark.usefixtures("both_kinds_of_loop")

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(A_LOAF), A_LOAF)
LATE = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n"
LOAF = Loaf(loaf_id=7, grams=500)


class Secured(Fixed):
    """The same instances, by https."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.endpoints = [Endpoint(host="127.0.0.1", port=port, is_secure=True)]


def test_a_reset_connection_is_an_unavailable_service() -> None:
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def ask(caller: Caller) -> None:
        with pytest.raises(ServiceUnavailable, match="broke") as caught:
            await caller.call()
        assert not isinstance(caught.value, NotReached)  # what was sent may have been done

    talk(break_off, ask)


@pytest.mark.parametrize("verb", ["GET", "PUT", "DELETE", "POST"])
def test_what_was_sent_on_a_kept_connection_is_not_sent_again(verb: str) -> None:
    """The policy of a call decides what is sent twice, and counts it."""
    server = Server(OK, END, OK)

    async def ask(caller: Caller) -> None:
        await caller.call(verb)
        with pytest.raises(ServiceUnavailable) as caught:
            await caller.call(verb)
        assert not isinstance(caught.value, NotReached)

    talk(server, ask)
    assert len(server.heard) == 2


def test_a_call_that_is_given_up_closes_its_connection() -> None:
    heard: list[bytes] = []

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        heard.append(await reader.read(1000))  # until the other side ends

    async def ask(caller: Caller) -> None:
        asked = asyncio.create_task(caller.call())
        await until(lambda: heard)
        asked.cancel()
        await until(lambda: len(heard) == 2)

    talk(say_nothing, ask)
    assert heard[1] == b""


@pytest.mark.parametrize("body_bytes", [0, 20_000_000])
def test_a_call_has_ended_only_when_its_connection_has(body_bytes: int) -> None:
    """A bulkhead gives a place on as soon as the call has ended, and the next one must not be one connection more."""

    async def give_up() -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            caller = Caller(silent.getsockname()[1])
            with pytest.raises(DeadlineExceeded):
                await caller.call("POST", body=b"x" * body_bytes, seconds=0.2)
            accepted, _ = silent.accept()
            with accepted:
                accepted.settimeout(0)
                assert _is_closed(accepted)  # at this very moment
            await caller.aclose()

    asyncio.run(give_up())


def _is_closed(connection: socket.socket) -> bool:
    try:
        while connection.recv(1_000_000):
            pass
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True
    return True


@pytest.mark.parametrize("limits", [{"age_seconds": 0}, {"age_seconds": 60}])
def test_a_connection_beyond_its_age_is_not_used_again(limits: dict[str, float]) -> None:
    server = Server(OK, OK)

    async def ask_twice(caller: Caller) -> None:
        await caller.call()
        await caller.call()

    talk(server, ask_twice, **limits)
    assert server.connections == (1 if limits["age_seconds"] else 2)


def test_a_connection_that_was_idle_for_too_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest, "IDLE_SECONDS", 0.01)
    server = Server(OK, OK)

    async def ask_twice(caller: Caller) -> None:
        await caller.call()
        await asyncio.sleep(0.05)
        await caller.call()

    talk(server, ask_twice)
    assert server.connections == 2


def test_a_connection_that_the_server_has_closed_meanwhile_costs_no_call() -> None:
    server = Server(OK)

    async def ask_twice(caller: Caller) -> None:
        await caller.call()
        await until(lambda: server.ended)
        await asyncio.sleep(0.05)  # until the end has arrived
        server.answers.append(OK)
        assert (await caller.call()).body == b"ok"

    talk(server, ask_twice)
    assert server.connections == 2


@pytest.mark.parametrize("hosts", [["127.0.0.1"], ["127.0.0.2", "127.0.0.1"]])
def test_a_slow_name_server_is_not_counted_as_a_slow_service(hosts: list[str]) -> None:
    async def resolve(host: str, port: int, **_options: Any) -> list[tuple[Any, ...]]:
        if host != "bakery":  # an address
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        await asyncio.sleep(0.3)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in hosts]

    async def ask(caller: Caller) -> None:
        port = caller.resolver.endpoints[0].port
        caller.resolver.endpoints = [Endpoint(host="bakery", port=port)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve, raising=False)
            assert (await caller.call()).body == b"ok"

    talk(Server(OK), ask, connect_seconds=0.2)


def test_a_server_that_says_something_unasked_is_not_believed() -> None:
    """A late 408 on an idle connection must not become the answer to the next call."""
    connections, is_read = 0, asyncio.Event()

    async def answer_then_babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await is_read.wait()
        writer.write(LATE)
        await reader.read()

    async def ask(caller: Caller) -> None:
        assert (await caller.call()).body == b"ok"
        is_read.set()
        await asyncio.sleep(0.05)  # until it has arrived
        assert (await caller.call()).body == b"ok"

    talk(answer_then_babble, ask)
    assert connections == 2


def test_a_loop_that_ends_closes_its_connections_and_is_not_kept() -> None:
    server, loops = Server(OK, OK), list[Any]()

    async def run() -> None:
        async with serving(server) as listening:
            transport = RestTransport(Fixed(listening.sockets[0].getsockname()[1]), limits=Limits())

            async def call_in_another_loop() -> None:
                loops.append(weakref.ref(asyncio.get_running_loop()))
                await transport.send_async(Outgoing(service="x", call="x.y"), 5.0)

            for _ in range(2):
                await asyncio.to_thread(asyncio.run, call_in_another_loop())
            await until(lambda: server.ended == 2)
            transport.close()

    asyncio.run(run())
    gc.collect()
    assert [loop() for loop in loops] == [None, None]


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


def test_calls_by_tls_sync_and_async(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    assert asyncio.run(_call_securely(certificate)) == (LOAF, LOAF)


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path) -> None:
    with pytest.raises(ServiceUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
        asyncio.run(_call_securely(certificate))
