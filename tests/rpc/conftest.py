"""A gRPC server of all services in this process, that uses the test's own database connection."""

from collections.abc import Iterator

import grpc
import pytest
from django.db import connections
from pytest_django import Settings

from postroad.calls.grpc import answering as grpc_calls
from postroad.calls.grpc.server import GrpcServer
from postroad.calls.grpc.servicer import find_servicers


@pytest.fixture
def any_port(settings: Settings) -> None:
    """Servers take any free port."""
    settings.POSTROAD = {**settings.POSTROAD, "GRPC_PORT": 0}


@pytest.fixture
def shared_connection(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the server's threads use the connection of the test, in whose transaction everything happens."""
    mine = connections["default"]

    def share() -> None:
        connections["default"] = mine

    mine.inc_thread_sharing()
    monkeypatch.setattr(grpc_calls, "close_old_connections", share)
    yield
    mine.dec_thread_sharing()


@pytest.fixture
def channel(any_port: None, shared_connection: None) -> Iterator[grpc.Channel]:
    """A client's connection to the server."""
    server = GrpcServer(find_servicers())
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{server.port}") as channel:
        yield channel
    server.begin_stop(drain_seconds=5).wait(10)
