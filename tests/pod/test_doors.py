"""Every server and every door by raw sockets: HEAD, doubtful heads, and requests that arrive by halves."""

import signal
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from postroad.web import protocol
from tests.faults.deployment import free_port, until
from tests.pod.program import running, status
from tests.support.one_process import OneProcess
from tests.support.raw_http import Wire

pytestmark = pytest.mark.slow

WEB = ("python", "-m", "config.web")
PROBES = ["/livez", "/readyz", "/metrics"]
SERVICE = [
    *PROBES,
    "/",
    "/docs/",
    "/openapi.json",
    "/v1/orders/1",
    "/v2/orders",
    "/admin/login/",
    "/static/tour/icon.svg",
]
GATEWAY = [
    *PROBES,
    "/",
    "/docs/",
    "/openapi.json",
    "/graphql",
    "/model.json",
    "/v1/orders/1",
    "/v1/nothing",
    "/orders/openapi.json",
]
REGISTRY = [*PROBES, "/eureka/apps", "/eureka/apps/NONE"]
DOORS = {
    "service": SERVICE,
    "gateway": GATEWAY,
    "registry": REGISTRY,
    "one": [
        *[f"/orders{path}" for path in SERVICE if path.startswith(("/v", "/docs", "/openapi"))],
        *["/", "/admin/login/", "/static/tour/icon.svg", "/tour/status.json", "/gateway/docs/", "/eureka/apps"],
        *["/graphql", "/model.json", "/v1/orders/1", "/v1/nothing", "/nothing", *PROBES],
    ],
}
EACH = [(server, door) for server, doors in DOORS.items() for door in [*doors, "/nothing/at/all"]]
SERVERS = tuple(DOORS)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    with ExitStack() as stack:
        ports = {}
        for service in ("orders", "gateway", "registry"):
            home, port = tmp_path_factory.mktemp(service), free_port()
            stored = {"DATABASE_URL": f"sqlite:///{home}/db", "BROKER_URL": "memory://"}
            addresses = {"POSTROAD_DISCOVERY": "static", "POSTROAD_ADDRESSES": "orders=http://127.0.0.1:1"}
            mine = {"service": service, "PORT": str(port), "WEB_HOST": "127.0.0.1", **stored, **addresses}
            stack.enter_context(running(home, WEB, **mine))
            ports["service" if service == "orders" else service] = port
        one = OneProcess(tmp_path_factory.mktemp("one"))
        one.start()
        stack.callback(lambda: one.end(signal.SIGKILL))
        ports["one"] = one.port
        for port in ports.values():
            until(lambda port=port: status(port, "/livez") == 200, seconds=60, what="it serves")
        yield ports


@pytest.mark.parametrize(("server", "door"), EACH)
def test_head_is_answered_without_a_body_and_spoils_no_answer_behind_it(
    servers: dict[str, int], server: str, door: str
) -> None:
    with Wire(servers[server]) as wire:
        head = wire.ask("HEAD", door)
        behind = wire.ask("GET", "/livez")

    assert head.status < 600
    assert (behind.status, behind.body) == (200, b'{"status": "ok"}')


@pytest.mark.parametrize("server", SERVERS)
def test_a_request_names_one_host(servers: dict[str, int], server: str) -> None:
    with Wire(servers[server]) as twice, Wire(servers[server]) as never:
        two = twice.ask("GET", "/livez", "Host: evil.example")
        never.send(b"GET /livez HTTP/1.1\r\n\r\n")
        none = never.read()

    assert (two.status, none.status) == (400, 400)


HEADS = {
    "one long field": (b"X: " + b"a" * 1_000_000, 431),
    "a field without end": (b"a" * 1_000_000, 431),
    "many fields": (b"\r\n".join(b"X%d: a" % number for number in range(200)), 431),
    "many long fields": (b"\r\n".join(b"X%d: " % number + b"a" * 8000 for number in range(20)), 431),
    "two lengths": (b"Content-Length: 1\r\nContent-Length: 2", 400),
    "a length and chunks": (b"Content-Length: 1\r\nTransfer-Encoding: chunked", 400),
    "no length": (b"Content-Length: x", 400),
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
@pytest.mark.parametrize("server", SERVERS)
def test_a_head_is_bounded_and_read_in_one_way_only(
    servers: dict[str, int], server: str, head: tuple[bytes, int]
) -> None:
    with Wire(servers[server]) as wire:
        answer = sent_and_read(wire, b"GET /livez HTTP/1.1\r\nHost: localhost\r\n" + head[0] + b"\r\n\r\n")

    assert answer == head[1]


@pytest.mark.parametrize("server", SERVERS)
def test_an_address_is_bounded(servers: dict[str, int], server: str) -> None:
    with Wire(servers[server]) as wire:
        answer = sent_and_read(wire, b"GET /livez?" + b"a" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")

    assert answer == 414


def sent_and_read(wire: Wire, request: bytes) -> int:
    """The status; a server that closes early may reset the connection while we still write, once it has answered."""
    with suppress(ConnectionError):
        wire.send(request)
    return wire.read().status


@pytest.mark.parametrize("server", SERVERS)
def test_a_header_with_an_underscore_is_none_with_a_hyphen(servers: dict[str, int], server: str) -> None:
    with Wire(servers[server]) as wire:
        answer = wire.ask("GET", "/nothing", "X_Request_Id: mine", "X-Request-Id: yours")

    assert "mine" not in str(answer.headers)


HALVES = {
    "a head": b"POST /v1/orders HTTP/1.1\r\nHost: localhost\r\nX",
    "a body": b"POST /v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    "a chunk": b"POST /v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n40\r\n{",
}
MAX_SECONDS = 0.1


@contextmanager
def half_open(port: int, count: int) -> Iterator[list[socket.socket]]:
    """So many connections, each with half a request of one of the kinds."""
    sockets, kinds = [], list(HALVES.values())
    try:
        for number in range(count):
            sockets.append(socket.create_connection(("127.0.0.1", port), timeout=10))
            sockets[-1].sendall(kinds[number % len(kinds)])
        yield sockets
    finally:
        for each in sockets:
            each.close()


def answer_seconds(port: int) -> float:
    began = time.monotonic()
    with Wire(port) as wire:
        assert wire.ask("GET", "/livez").status == 200
    return time.monotonic() - began


@pytest.mark.parametrize("server", SERVERS)
def test_a_thousand_half_sent_requests_keep_nobody_waiting(servers: dict[str, int], server: str) -> None:
    with half_open(servers[server], 1000):
        seconds = statistics.median(answer_seconds(servers[server]) for _ in range(21))

    assert seconds < MAX_SECONDS


def test_a_request_that_does_not_arrive_is_given_up(servers: dict[str, int]) -> None:
    limits = {"a head": protocol.HEAD_SECONDS, "a body": protocol.BODY_SECONDS, "a chunk": protocol.BODY_SECONDS}
    began, ended = time.monotonic(), {}
    with ExitStack() as stack:
        wires = {
            (half, server): stack.enter_context(Wire(port, seconds=60))
            for half in HALVES
            for server, port in servers.items()
        }
        for (half, _), wire in wires.items():
            wire.send(HALVES[half])
        for key, wire in wires.items():
            ended[key] = (wire.read().status, wire.rest(), time.monotonic() - began)

    assert {(status, rest) for status, rest, _ in ended.values()} == {(408, b"")}
    assert all(limits[half] - 1 < ended[half, server][2] < limits[half] + 10 for half, server in wires)


SCRAPED = """
import time, django
django.setup()
from postroad.metrics.server import serve
serve({port})
while True: time.sleep(1)
"""


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    port = free_port()
    home = tmp_path_factory.mktemp("metrics")
    stored = {"DATABASE_URL": f"sqlite:///{home}/db", "BROKER_URL": "memory://"}
    with running(home, ("python", "-c", SCRAPED.format(port=port)), service="orders", **stored):
        until(lambda: status(port, "/metrics") == 200, seconds=60, what="it is scraped")
        yield port


@pytest.mark.parametrize("path", ["/metrics", "/", "/nothing"])
def test_figures_answer_head_without_a_body(scraped: int, path: str) -> None:
    with Wire(scraped) as wire:
        answer = wire.ask("HEAD", path)

        assert (answer.status, wire.rest()) == (200, b"")


def test_scrapes_are_answered_beside_half_sent_ones_which_end(scraped: int) -> None:
    with half_open(scraped, 100) as sockets:
        with Wire(scraped) as wire:
            assert wire.ask("GET", "/metrics").status == 200
        sockets[0].settimeout(30)
        assert sockets[0].recv(1000) in (b"", b"HTTP/1.0 408 Request Timeout\r\n")
