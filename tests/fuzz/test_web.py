"""The web process of a pod, with bytes that are no good HTTP: it answers, or closes, and goes on serving others."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import strategies as st

from tests.apps.gateway.owner import running_owner
from tests.faults.deployment import free_port, until
from tests.fuzz.fuzzing import ask, fuzzed, send, texts
from tests.pod.program import Program, running

pytestmark = pytest.mark.slow

SERVICES = ("orders", "consumers", "kitchen", "accounting", "restaurants", "delivery", "order-history")
SILENT_SECONDS = 1.0
"""How long an answer to half a request is waited for: the server may rightly wait longer for the other half."""


LOOKS = {"gateway": "/v1/consumers/1", "registry": "/eureka/apps"}
"""What each must still answer afterwards."""


class Web:
    """A web process: a gateway before services that answer everything with 200, or a registry."""

    def __init__(self, service: str, port: int, program: Program) -> None:
        self.port, self._program, self.look = port, program, LOOKS[service]

    def assert_well(self) -> None:
        assert self._program.process.poll() is None
        assert ask(self.port, "GET", "/livez").status == 200
        assert ask(self.port, "GET", self.look).status == 200
        log = self._program.out.read_text() + self._program.err.read_text()
        assert "Traceback" not in log, log[log.index("Traceback") - 300 :][:4000]


@pytest.fixture(scope="module", params=["gateway", "registry"])
def web(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    port = free_port()
    with running_owner() as owner:
        addresses = ",".join(f"{service}={owner.url},{service.replace('-', '_')}={owner.url}" for service in SERVICES)
        given = {"POSTROAD_DISCOVERY": "static", "POSTROAD_ADDRESSES": addresses, "GATEWAY_AUTH": "none"}
        with running(folder, ("python", "-m", "config.web"), service=request.param, PORT=str(port), **given) as program:
            until(lambda: _answers(port), seconds=60, what="it serves")
            yield Web(request.param, port, program)
            program.end(signal.SIGTERM)


def _answers(port: int) -> bool:
    try:
        return ask(port, "GET", "/livez").status == 200
    except OSError:
        return False


lines = st.sampled_from([
    b"GET /v1/consumers/1 HTTP/1.1", b"POST /eureka/apps/X HTTP/1.1", b"POST /graphql HTTP/1.1", b"POST /v1/orders HTTP/1.1", b"GET /model.json HTTP/1.1",
    b"GET http://evil/ HTTP/1.1", b"GET // HTTP/1.1", b"GET /v1/%2e%2e/x HTTP/1.1", b"GET /\x00 HTTP/1.1", b"GET / HTTP/9.9", b"GET /",
    b"CONNECT a:1 HTTP/1.1", b"OPTIONS * HTTP/1.1", b"PRI * HTTP/2.0", b"\x16\x03\x01\x02\x00", b"get /v1/consumers/1 http/1.1", b"",
])  # fmt: skip
headers = st.sampled_from([
    b"Host: localhost", b"Host: a\r\nHost: b", b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: 5\r\nContent-Length: 6",
    b"Content-Length: 99999999999999999999", b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked\r\nContent-Length: 3",
    b"Transfer-Encoding: xchunked", b"Content-Type: application/json", b"Expect: 100-continue", b"Upgrade: websocket\r\nConnection: upgrade",
    b"Connection: close", b"X: " + b"a" * 9000, b"Bad Header: x", b": x", b"X\x00: y", b"Cookie: \xff\xfe", b"X-Forwarded-For: , ,",
    b"Authorization: Bearer \xff", b"X-Api-Key: ", b" folded: x",
])  # fmt: skip
contents = st.sampled_from([
    b"", b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"5\r\nhel", b"ffffffffffffffff\r\n", b"-1\r\n\r\n", b"0\r\nTrailer: x\r\n\r\n", b"{}", b"\x00" * 50,
])  # fmt: skip


def test_bytes_that_are_no_request_disturb_nobody(web: Web) -> None:
    @fuzzed(
        80,
        line=lines,
        given_ones=st.lists(headers, max_size=4),
        content=contents,
        end=st.sampled_from([b"\r\n\r\n", b"\n\n", b"\r\n", b""]),
    )
    def call(line: bytes, given_ones: list[bytes], content: bytes, end: bytes) -> None:
        raw = b"\r\n".join([line, *given_ones]) + end + content
        try:
            status = send(web.port, raw, seconds=SILENT_SECONDS).status
        except TimeoutError:
            status = 0  # it waits for the rest

        assert status < 500 or status in (501, 505), (raw, status)

    call()
    web.assert_well()


def test_any_path_is_forwarded_or_refused(web: Web) -> None:
    paths = st.lists(
        st.sampled_from(
            ["v1", "v2", "orders", "consumers", "1", "..", ".", "%2e%2e", "%2F", "%00", "%ff", "", "a;b", "a?b=c", "*"]
        ),
        max_size=6,
    )

    @fuzzed(
        80,
        parts=paths,
        method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE"]),
        extra=texts,
    )
    def call(parts: list[str], method: str, extra: str) -> None:
        named = "".join(each for each in extra if each.isprintable() and each.isascii())[:100]
        answer = ask(web.port, method, f"/{'/'.join(parts)}", headers={"X-Extra": named, "Origin": named or "x"})

        # The services behind answer {"ok": true}, which is no order: what the gateway composes of it is a 502 by right.
        assert 200 <= answer.status < 500 or answer.status == 502, (parts, method, answer)

    call()
    web.assert_well()


def test_a_host_that_is_none_leaves_no_traceback_in_the_log(web: Web) -> None:
    answer = ask(web.port, "GET", web.look, headers={"Host": "no host"})

    assert answer.status in (200, 400)  # the gateway forwards whatever the host is called; Django's own views refuse it
    web.assert_well()
