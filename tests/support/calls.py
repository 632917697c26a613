"""What the suites of remote calls share: a little proxy, a clock to turn, scripted transports, a real HTTP server."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from typing_extensions import override

from postroad import Message, cached, default, delete, get, head, omitted, post, proxy
from postroad.calls.discovery.resolver import Endpoint
from postroad.calls.policies.breaker import Breaker, BreakerRules
from postroad.calls.policies.budget import RetryBudget
from postroad.calls.policies.bulkhead import Bulkhead
from postroad.calls.policies.policy import Policy
from postroad.calls.transport import Answer, Outgoing, Transport
from postroad.retry import Backoff


class Loaf(Message):
    loaf_id: int
    grams: int = 0


class Order(Message):
    kind: str


A_LOAF = b'{"loafId":7,"grams":500,"later":"unknown"}'


@proxy("bakery")
class Bakery(Protocol):
    @get("/v1/loaves/{loaf_id}", grpc="test.bakery.v1.Bakery/GetLoaf", deadline=0.5)
    def loaf(self, loaf_id: int) -> Loaf | None: ...
    @get("/v1/loaves/{loaf_id}", grpc="test.bakery.v1.Bakery/GetLoaf", deadline=0.5)
    async def loaf_async(self, loaf_id: int) -> Loaf | None: ...
    @get("/v1/loaves", deadline=0.5, otherwise=default(()))
    def loaves(
        self, *, baked_by: str | None = None, kinds: Sequence[str] = (), is_fresh: bool = True
    ) -> tuple[Loaf, ...]: ...
    @get("/v1/loaves/{loaf_id}", deadline=0.5, otherwise=cached(seconds=60, entries=2))
    def kept_loaf(self, loaf_id: int) -> Loaf: ...
    @get("/v1/loaves/{loaf_id}", deadline=0.5, otherwise=omitted)
    def spare_loaf(self, loaf_id: int) -> Loaf | None: ...
    @post("/v1/shelves/{shelf}/loaves", grpc="test.bakery.v1.Bakery/Bake", deadline=0.5)
    def bake(self, shelf: str, body: Order) -> Loaf: ...
    @post("/v1/shelves/{shelf}/loaves", deadline=0.5)
    async def bake_async(self, shelf: str, body: Order) -> Loaf: ...
    @delete("/v1/loaves/{loaf_id}", deadline=0.5)
    def throw(self, loaf_id: int) -> None: ...
    @head("/v1/loaves/{loaf_id}", deadline=0.5)
    def is_there(self, loaf_id: int) -> bool: ...


class Clock:
    """Time that a test turns on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Scripted(Transport):
    """Answers what the test says; the last outcome is repeated.

    Attributes:
        sent: Every attempt.
        timeouts: The time each had.
    """

    def __init__(self, *outcomes: Answer | Exception) -> None:
        self.outcomes = list(outcomes)
        self.sent: list[Outgoing] = []
        self.timeouts: list[float] = []

    @override
    def send(self, outgoing: Outgoing, timeout_seconds: float) -> Answer:
        self.sent.append(outgoing)
        self.timeouts.append(timeout_seconds)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    @override
    async def send_async(self, outgoing: Outgoing, timeout_seconds: float) -> Answer:
        return self.send(outgoing, timeout_seconds)


class Fixed:
    """A resolver of given instances that tries last what failed last, and notes what it is told."""

    def __init__(self, *ports: int) -> None:
        self.endpoints = [Endpoint(host="127.0.0.1", port=port) for port in ports]
        self.asked: list[str] = []
        self.failures: list[int] = []

    def resolve(self, service: str) -> Sequence[Endpoint]:
        self.asked.append(service)
        return self.endpoints

    def report_failure(self, service: str, endpoint: Endpoint) -> None:
        self.failures.append(endpoint.port)
        self.endpoints = sorted(self.endpoints, key=lambda each: each == endpoint)


def policy(
    *,
    maximum: int = 32,
    attempts: int = 3,
    rules: BreakerRules | None = None,
    minimum: int = 10,
    clock: Callable[[], float] | None = None,
) -> Policy:
    """Return a policy of the bakery with state of its own."""
    timing: dict[str, Any] = {} if clock is None else {"clock": clock}
    return Policy(
        service="bakery",
        bulkhead=Bulkhead(service="bakery", maximum=maximum),
        breaker=Breaker(rules or BreakerRules(), **timing),
        budget=RetryBudget(ratio=0.1, minimum=minimum, **timing),
        attempts=attempts,
        backoff=Backoff(first_seconds=0.001, ceiling_seconds=0.01),
        **timing,
    )


class HttpService(ThreadingHTTPServer):
    """A real server whose answers the test chooses.

    Attributes:
        answer: Request line and body → status and body.
        requests: What came: verb, path, headers, body.
    """

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answer: Callable[[str, bytes], tuple[int, bytes]] = lambda line, body: (200, A_LOAF)
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.connections = 0

    @override
    def get_request(self) -> tuple[Any, Any]:
        self.connections += 1
        return super().get_request()

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that went away is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    server: HttpService

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.command, self.path, headers, body))
        status, answer = self.server.answer(f"{self.command} {self.path}", body)
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else answer)

    do_GET = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815 - the names http.server looks for

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def http_service() -> Iterator[HttpService]:
    """Serve during a block."""
    server = HttpService()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
