import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from postroad.calls import deadline
from postroad.calls.policies.breaker import BreakerRules
from postroad.calls.policies.policy import Policy
from postroad.calls.proxy import client_of
from postroad.calls.transports.rest import Limits, RestTransport
from postroad.errors import BreakerOpen, CallFailed, DeadlineExceeded, InvalidAnswer, ServiceUnavailable
from tests.support.calls import A_LOAF, Bakery, Clock, Fixed, HttpService, Loaf, Order, policy
from tests.support.faultproxy import Fault, FaultProxy

THE_LOAF = Loaf(loaf_id=7, grams=500)
Connect = Callable[..., Bakery]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Return a client of some ports."""
    transports: list[RestTransport] = []

    def make(*ports: int, shared: Policy | None = None, limits: Limits | None = None) -> Bakery:
        transports.append(RestTransport(Fixed(*ports), limits=limits or Limits()))
        own = shared or policy()
        return client_of(Bakery, transport=transports[-1], policy=lambda _: own)

    yield make
    for transport in transports:
        transport.close()


def _asynchronously(port: int, *, calls: int = 1, limits: Limits | None = None) -> list[Loaf | None]:
    """Make calls one after the other in an event loop of their own."""
    own = policy()

    async def make() -> list[Loaf | None]:
        transport = RestTransport(Fixed(port), limits=limits or Limits())
        bakery = client_of(Bakery, transport=transport, policy=lambda _: own)
        try:
            return [await bakery.loaf_async(7) for _ in range(calls)]
        finally:
            await transport.aclose()
            transport.close()

    return asyncio.run(make())


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_a_call_is_a_request_with_its_deadline_in_a_header(connect: Connect, service: HttpService) -> None:
    assert connect(service.server_port).loaf(7) == THE_LOAF

    ((verb, path, headers, body),) = service.requests
    assert (verb, path, body) == ("GET", "/v1/loaves/7", b"")
    assert 300 < int(headers[deadline.HEADER]) <= 500
    assert headers["host"] == f"127.0.0.1:{service.server_port}"


def test_a_body_is_json(connect: Connect, service: HttpService) -> None:
    connect(service.server_port).bake("top", Order(kind="rye"))

    ((verb, path, headers, body),) = service.requests
    assert (verb, path, body) == ("POST", "/v1/shelves/top/loaves", b'{"kind":"rye"}')
    assert headers["content-type"] == "application/json"


def test_asynchronous_calls_do_the_same_on_one_connection(service: HttpService) -> None:
    assert _asynchronously(service.server_port, calls=3) == [THE_LOAF] * 3

    assert service.connections == 1
    assert 300 < int(service.requests[0][2][deadline.HEADER]) <= 500


def test_every_event_loop_has_connections_of_its_own(connect: Connect, service: HttpService) -> None:
    transport = RestTransport(Fixed(service.server_port), limits=Limits())
    bakery = client_of(Bakery, transport=transport, policy=lambda _: policy())

    async def call() -> Loaf | None:
        try:
            return await bakery.loaf_async(7)
        finally:
            await transport.aclose()

    assert [asyncio.run(call()), asyncio.run(call())] == [THE_LOAF, THE_LOAF]
    transport.close()


def test_connections_are_kept(connect: Connect, service: HttpService) -> None:
    bakery = connect(service.server_port)

    bakery.loaf(7)
    bakery.loaf(8)
    bakery.throw(7)

    assert service.connections == 1


def test_an_old_connection_is_made_anew(connect: Connect, service: HttpService) -> None:
    bakery = connect(service.server_port, limits=Limits(age_seconds=0))

    bakery.loaf(7)
    bakery.loaf(8)

    assert service.connections == 2


def test_an_old_asynchronous_connection_is_made_anew(service: HttpService) -> None:
    _asynchronously(service.server_port, calls=2, limits=Limits(age_seconds=0))

    assert service.connections == 2


def test_a_large_answer_is_not_read_to_its_end(connect: Connect, service: HttpService) -> None:
    service.answer = lambda line, body: (200, b" " * 100_000 + A_LOAF)

    with pytest.raises(InvalidAnswer, match=r"longer than CALL_ANSWER_BYTES=1000"):
        connect(service.server_port, limits=Limits(answer_bytes=1000)).loaf(7)


def test_a_large_answer_to_an_asynchronous_call_is_not_either(service: HttpService) -> None:
    service.answer = lambda line, body: (200, b" " * 100_000 + A_LOAF)

    with pytest.raises(InvalidAnswer):
        _asynchronously(service.server_port, limits=Limits(answer_bytes=1000))


def test_nobody_there_is_unavailable_and_told_to_the_resolver(free_port: int) -> None:
    resolver = Fixed(free_port)
    transport = RestTransport(resolver, limits=Limits())
    bakery = client_of(Bakery, transport=transport, policy=lambda _: policy(attempts=1))

    with pytest.raises(ServiceUnavailable, match=rf"no connection to http://127.0.0.1:{free_port}"):
        bakery.loaf(7)

    assert resolver.failures == [free_port]


def test_an_idempotent_call_goes_to_the_next_instance_when_the_first_is_gone(
    connect: Connect, service: HttpService, free_port: int
) -> None:
    assert connect(free_port, service.server_port).loaf(7) == THE_LOAF


def test_a_call_that_may_not_be_sent_twice_is_not(connect: Connect, service: HttpService) -> None:
    service.answer = lambda line, body: (503, b"{}")

    with pytest.raises(ServiceUnavailable):
        connect(service.server_port).bake("top", Order(kind="rye"))

    assert len(service.requests) == 1


def test_what_was_never_sent_goes_to_the_next_instance(connect: Connect, service: HttpService, free_port: int) -> None:
    connect(free_port, service.server_port).bake("top", Order(kind="rye"))

    assert len(service.requests) == 1


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.REFUSE])
def test_a_broken_connection_is_unavailable_and_heals(connect: Connect, faults: FaultProxy, fault: Fault) -> None:
    bakery = connect(faults.port, shared=policy(rules=BreakerRules(min_calls=100)))
    bakery.loaf(7)
    faults.switch(fault)

    with pytest.raises(ServiceUnavailable):
        bakery.loaf(7)
    faults.switch(Fault.PASS)

    assert bakery.loaf(7) == THE_LOAF


def test_a_connection_that_the_service_closed_meanwhile_costs_no_call(connect: Connect, faults: FaultProxy) -> None:
    bakery = connect(faults.port)
    bakery.loaf(7)
    faults.switch(Fault.PASS)  # breaks what is open

    assert bakery.loaf(7) == THE_LOAF


def test_a_service_that_hangs_is_answered_for_within_the_deadline(connect: Connect, faults: FaultProxy) -> None:
    faults.switch(Fault.HANG)
    began = time.monotonic()

    with pytest.raises(DeadlineExceeded):
        connect(faults.port).loaf(7)

    assert 0.45 < time.monotonic() - began < 2.0


def test_a_service_that_hangs_does_not_hold_a_task_either(faults: FaultProxy) -> None:
    faults.switch(Fault.HANG)
    began = time.monotonic()

    with pytest.raises(DeadlineExceeded):
        _asynchronously(faults.port)

    assert 0.45 < time.monotonic() - began < 2.0


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"])
def test_a_service_that_answers_a_byte_now_and_then_cannot_hold_a_thread(connect: Connect, head: bytes) -> None:
    is_over = threading.Event()

    def drip(server: socket.socket) -> None:
        connection = server.accept()[0]
        with connection:
            connection.sendall(head)
            for byte in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 1000:
                if is_over.wait(0.05):
                    return
                connection.sendall(bytes([byte]))

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        began = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            connect(server.getsockname()[1], shared=policy(attempts=1)).loaf(7)
        is_over.set()
        thread.join()

    assert time.monotonic() - began < 2.0


def test_slow_answers_within_the_deadline_are_answers(connect: Connect, faults: FaultProxy) -> None:
    faults.latency_seconds = 0.1

    assert connect(faults.port).loaf(7) == THE_LOAF


def _fail(bakery: Bakery, calls: int) -> list[type[Exception]]:
    errors: list[type[Exception]] = []
    for _ in range(calls):
        with pytest.raises(CallFailed) as caught:
            bakery.loaf(7)
        errors.append(caught.type)
    return errors


def _until_answered(bakery: Bakery, *, seconds: float) -> Loaf | None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            return bakery.loaf(7)
        except CallFailed:
            threading.Event().wait(0.01)
    raise AssertionError("the calls never came back to life")


def test_once_the_breaker_is_open_no_connection_is_tried_and_it_closes_by_itself(
    connect: Connect, faults: FaultProxy
) -> None:
    clock = Clock()  # stands still while the calls are refused, however slow the machine is
    shared = policy(attempts=1, rules=BreakerRules(min_calls=2, open_seconds=5.0, probes=1), clock=clock)
    bakery = connect(faults.port, shared=shared)
    faults.switch(Fault.HANG)
    assert _fail(bakery, 2) == [DeadlineExceeded, DeadlineExceeded]
    tried = faults.connections

    assert _fail(bakery, 20) == [BreakerOpen] * 20

    assert faults.connections == tried
    faults.switch(Fault.PASS)
    clock.now += 5.0
    assert _until_answered(bakery, seconds=5) == THE_LOAF
    assert shared.breaker.is_closed
