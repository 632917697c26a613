"""gRPC over TLS: the server shows its certificate, callers trust whom the setting says."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django import Settings

import apps.orders.rpc.v1.orders_pb2  # noqa: F401 - describes the method
from postroad.calls.discovery.conf import DiscoverySettings
from postroad.calls.discovery.self_registration import grpc_instance
from postroad.calls.discovery.static import StaticResolver
from postroad.calls.grpc.conf import GrpcSettings as Conf
from postroad.calls.grpc.tls import server_credentials
from postroad.calls.grpc.transport import GrpcTransport
from postroad.calls.transport import Answer, Outgoing
from postroad.errors import InvalidSetting, ServiceUnavailable
from tests.rpc.stage import Stage

CALL = Outgoing(
    service="orders", call="orders.order", grpc="postroad.orders.v1.Orders/GetOrder", arguments={"orderId": 2}
)


def write_certificate(folder: Path) -> dict[str, str]:
    """Write a certificate of localhost that nobody else has signed; return the settings that name it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "tls.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return {"GRPC_TLS_CERTIFICATE": str(folder / "tls.crt"), "GRPC_TLS_KEY": str(folder / "tls.key")}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    return write_certificate(tmp_path)


@pytest.fixture
def port(any_port: None, settings: Settings, files: dict[str, str]) -> Iterator[int]:
    """Return the port of a server with TLS."""
    settings.POSTROAD = {**settings.POSTROAD, **files}
    stage = Stage()
    yield stage.server.port
    stage.close()


def asked(scheme: str, port: int) -> Answer:
    transport = GrpcTransport(StaticResolver({"orders-grpc": (f"{scheme}://localhost:{port}",)}))
    try:
        return transport.send(CALL, 5)
    finally:
        transport.close()


async def asked_async(port: int) -> Answer:
    transport = GrpcTransport(StaticResolver({"orders-grpc": (f"https://localhost:{port}",)}))
    try:
        return await transport.send_async(CALL, 5)
    finally:
        await transport.aclose()


def test_a_caller_that_trusts_the_certificate_is_answered(port: int, settings: Settings, files: dict[str, str]) -> None:
    settings.POSTROAD = {**settings.POSTROAD, "GRPC_TLS_CA": files["GRPC_TLS_CERTIFICATE"]}

    assert b'"orderId":"2"' in asked("https", port).body.replace(b" ", b"")
    assert asyncio.run(asked_async(port)).status == 200


def test_a_caller_that_does_not_trust_it_is_not(port: int) -> None:
    with pytest.raises(ServiceUnavailable):
        asked("https", port)


def test_nobody_talks_to_it_in_clear_text(port: int, settings: Settings) -> None:
    with pytest.raises(ServiceUnavailable):
        asked("http", port)
    with grpc.insecure_channel(f"localhost:{port}") as channel, pytest.raises(grpc.FutureTimeoutError):
        grpc.channel_ready_future(channel).result(timeout=0.5)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"GRPC_TLS_KEY": ""}, r"POSTROAD\['GRPC_TLS_KEY'\] is empty"),
        ({"GRPC_TLS_CERTIFICATE": ""}, r"POSTROAD\['GRPC_TLS_CERTIFICATE'\] is empty"),
        ({"GRPC_TLS_KEY": "/nowhere"}, r"GRPC_TLS_KEY'\] is '/nowhere', which cannot be read: No such file"),
    ],
)
def test_files_that_cannot_be_used_are_named(files: dict[str, str], changed: dict[str, str], words: str) -> None:
    given: dict[str, Any] = {key.lower(): value for key, value in {**files, **changed}.items()}

    with pytest.raises(InvalidSetting, match=words):
        server_credentials(Conf(**given))


def test_a_file_that_callers_cannot_read_is_named(settings: Settings) -> None:
    settings.POSTROAD = {**settings.POSTROAD, "GRPC_TLS_CA": "/nowhere"}

    with pytest.raises(InvalidSetting, match="GRPC_TLS_CA"):
        GrpcTransport(StaticResolver({}))


@pytest.mark.parametrize("is_secure", [True, False])
def test_a_server_registers_how_it_is_to_be_called(*, is_secure: bool) -> None:
    conf = DiscoverySettings(service="orders", instance_url="http://shop:80")

    one = grpc_instance(conf, 9000, is_secure=is_secure)

    assert (one.secure_port.is_enabled, one.port.is_enabled) == (is_secure, not is_secure)
