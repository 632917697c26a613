import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import grpc
import pytest

from postroad.calls.declaration import get, proxy
from postroad.calls.grpc.transport import GrpcTransport
from postroad.calls.policies.breaker import BreakerRules
from postroad.calls.policies.policy import Policy
from postroad.calls.proxy import client_of
from postroad.context import Current, working
from postroad.errors import (
    BreakerOpen,
    CallRejected,
    DeadlineExceeded,
    InvalidAnswer,
    InvalidDeclaration,
    ServiceUnavailable,
)
from tests.support.calls import Bakery, Clock, Fixed, Loaf, Order, policy
from tests.support.faultproxy import Fault, FaultProxy
from tests.support.grpc_bakery import POOL, GrpcBakery, grpc_bakery

THE_LOAF = Loaf(loaf_id=7, grams=500)
Connect = Callable[..., Bakery]


@pytest.fixture
def server() -> Iterator[GrpcBakery]:
    with grpc_bakery() as bakery:
        yield bakery


@pytest.fixture
def hops(server: GrpcBakery) -> Iterator[FaultProxy]:
    """A proxy in front of the server."""
    made = FaultProxy(server.port)
    yield made
    made.close()


def _transport(resolver: Fixed, *, answer_bytes: int = 4_000_000) -> GrpcTransport:
    return GrpcTransport(resolver, pool=POOL, answer_bytes=answer_bytes, connect_seconds=0.3)


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Return a client of some ports."""
    transports: list[GrpcTransport] = []

    def make(*ports: int, shared: Policy | None = None, answer_bytes: int = 4_000_000) -> Bakery:
        transports.append(_transport(Fixed(*ports), answer_bytes=answer_bytes))
        own = shared or policy()
        return client_of(Bakery, transport=transports[-1], policy=lambda _: own)

    yield make
    for transport in transports:
        transport.close()


def _asynchronously(port: int, *, calls: int = 1) -> list[Loaf | None]:
    own = policy()

    async def make() -> list[Loaf | None]:
        transport = _transport(Fixed(port))
        bakery = client_of(Bakery, transport=transport, policy=lambda _: own)
        try:
            return [await bakery.loaf_async(7) for _ in range(calls)]
        finally:
            await transport.aclose()

    return asyncio.run(make())


def test_parameters_become_the_request_and_the_answer_the_declared_type(connect: Connect, server: GrpcBakery) -> None:
    assert connect(server.port).loaf(7) == THE_LOAF

    assert server.requests[0].loaf_id == 7


def test_a_body_is_a_part_of_the_request(connect: Connect, server: GrpcBakery) -> None:
    connect(server.port).bake("top", Order(kind="rye"))

    assert (server.requests[0].shelf, server.requests[0].kind) == ("top", "rye")


def test_an_asynchronous_call_does_the_same(server: GrpcBakery) -> None:
    assert _asynchronously(server.port, calls=2) == [THE_LOAF, THE_LOAF]


def test_whole_numbers_of_64_bits_and_zeros_survive(connect: Connect, server: GrpcBakery) -> None:
    server.answer = lambda request, context: {"loaf_id": 2**62 + 1}

    assert connect(server.port).loaf(2**62 + 1) == Loaf(loaf_id=2**62 + 1, grams=0)

    assert server.requests[0].loaf_id == 2**62 + 1


def test_deadline_trace_and_request_id_travel_on(connect: Connect, server: GrpcBakery) -> None:
    with working(Current(trace_parent="00-ab-cd-01", request_id="r-1")):
        connect(server.port).loaf(7)

    assert server.times_left[0] is not None
    assert 0.2 < round(server.times_left[0], 3) <= 0.5  # gRPC itself rounds it up, by less than a millisecond
    assert server.metadata[0]["traceparent"] == "00-ab-cd-01"
    assert server.metadata[0]["x-request-id"] == "r-1"


def test_the_address_is_that_of_the_services_grpc_name(server: GrpcBakery) -> None:
    resolver = Fixed(server.port)
    transport = _transport(resolver)

    client_of(Bakery, transport=transport, policy=lambda _: policy()).loaf(7)

    assert resolver.asked == ["bakery-grpc"]
    transport.close()


def _abort(code: grpc.StatusCode) -> Callable[[Any, grpc.ServicerContext], dict[str, Any]]:
    def answer(_: Any, context: grpc.ServicerContext) -> dict[str, Any]:
        context.abort(code, "the oven is cold")

    return answer


def test_not_found_is_none_where_the_type_allows_it(connect: Connect, server: GrpcBakery) -> None:
    server.answer = _abort(grpc.StatusCode.NOT_FOUND)

    assert connect(server.port).loaf(7) is None


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, 400),
        (grpc.StatusCode.UNAUTHENTICATED, 401),
        (grpc.StatusCode.PERMISSION_DENIED, 403),
        (grpc.StatusCode.ALREADY_EXISTS, 409),
        (grpc.StatusCode.FAILED_PRECONDITION, 409),
    ],
)
def test_a_no_is_the_same_no_as_over_rest(
    connect: Connect, server: GrpcBakery, code: grpc.StatusCode, status: int
) -> None:
    server.answer = _abort(code)

    with pytest.raises(CallRejected) as caught:
        connect(server.port).loaf(7)

    assert (caught.value.status, caught.value.code) == (status, code.name.lower())
    assert caught.value.detail == "the oven is cold"


@pytest.mark.parametrize(
    "code",
    [
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.CANCELLED,
    ],
)
def test_a_defect_or_overload_of_the_service_is_a_failure(
    connect: Connect, server: GrpcBakery, code: grpc.StatusCode
) -> None:
    server.answer = _abort(code)
    shared = policy(attempts=1)

    with pytest.raises(ServiceUnavailable):
        connect(server.port, shared=shared).loaf(7)

    assert shared.breaker.snapshot().failures == 1


def test_an_argument_that_fits_no_field_is_a_no(connect: Connect, server: GrpcBakery) -> None:
    with pytest.raises(CallRejected, match=r"bakery.loaf.*400 invalid.*loaf_id|loafId"):
        connect(server.port).loaf(2**80)

    assert server.requests == []


def test_a_large_answer_is_refused(connect: Connect, server: GrpcBakery) -> None:
    with pytest.raises(InvalidAnswer, match=r"CALL_ANSWER_BYTES"):
        connect(server.port, answer_bytes=2).loaf(7)


@pytest.mark.parametrize(
    ("method", "problem"),
    [
        ("", r"has no gRPC method"),
        ("test.bakery.v1.Bakery/Nothing", r"import its …_pb2 module"),
        ("test.bakery.v1.Bakery/Watch", r"streams"),
    ],
)
def test_a_method_that_cannot_be_called_is_named_with_the_way_out(method: str, problem: str) -> None:
    @proxy("bakery")
    class Wrong(Protocol):
        @get("/v1/loaves/{loaf_id}", grpc=method)
        def loaf(self, loaf_id: int) -> Loaf: ...

    transport = _transport(Fixed(1))

    with pytest.raises(InvalidDeclaration, match=problem):
        client_of(Wrong, transport=transport, policy=lambda _: policy()).loaf(7)

    transport.close()


def test_a_hanging_service_is_answered_for_within_the_deadline(connect: Connect, hops: FaultProxy) -> None:
    hops.switch(Fault.HANG)
    began = time.monotonic()

    with pytest.raises((DeadlineExceeded, ServiceUnavailable)):
        connect(hops.port, shared=policy(attempts=1)).loaf(7)

    assert time.monotonic() - began < 2.0


def test_a_service_that_hangs_in_the_middle_is_too_late(connect: Connect, hops: FaultProxy) -> None:
    bakery = connect(hops.port, shared=policy(attempts=1))
    bakery.loaf(7)
    hops.switch(Fault.HANG)

    with pytest.raises(DeadlineExceeded):
        bakery.loaf(7)


def test_a_hanging_service_does_not_hold_a_task_either(hops: FaultProxy) -> None:
    hops.switch(Fault.HANG)
    began = time.monotonic()

    with pytest.raises((DeadlineExceeded, ServiceUnavailable)):
        _asynchronously(hops.port)

    assert time.monotonic() - began < 2.0


def test_no_idempotent_call_fails_when_one_of_two_instances_is_killed(connect: Connect, server: GrpcBakery) -> None:
    first = GrpcBakery()
    bakery = connect(first.port, server.port)
    before = [bakery.loaf(7) for _ in range(5)]
    first.kill()

    after = [bakery.loaf(7) for _ in range(20)]

    assert before + after == [THE_LOAF] * 25
    assert len(first.requests) == 5


def test_once_the_breaker_is_open_nothing_is_tried_and_it_closes_by_itself(
    connect: Connect, hops: FaultProxy, server: GrpcBakery
) -> None:
    clock = Clock()  # stands still while the calls are refused, however slow the machine is
    shared = policy(attempts=1, rules=BreakerRules(min_calls=2, open_seconds=5.0, probes=1), clock=clock)
    bakery = connect(hops.port, shared=shared)
    server.answer = _abort(grpc.StatusCode.UNAVAILABLE)
    errors = [_error(bakery) for _ in range(20)]
    reached = len(server.requests)
    server.answer = lambda request, context: {"loaf_id": 7, "grams": 500}
    clock.now += 5.0

    assert _until_answered(bakery, seconds=5) == THE_LOAF

    assert errors == [ServiceUnavailable] * 2 + [BreakerOpen] * 18
    assert reached == 2
    assert shared.breaker.is_closed


def test_a_refused_connection_is_unavailable_and_heals(connect: Connect, hops: FaultProxy) -> None:
    bakery = connect(hops.port, shared=policy(attempts=1, rules=BreakerRules(min_calls=1000)))
    hops.switch(Fault.REFUSE)
    assert _error(bakery) is ServiceUnavailable
    hops.switch(Fault.PASS)

    assert _until_answered(bakery, seconds=5) == THE_LOAF


def _error(bakery: Bakery) -> type[Exception]:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the test compares the type
        bakery.loaf(7)
    return caught.type


def _until_answered(bakery: Bakery, *, seconds: float) -> Loaf | None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            return bakery.loaf(7)
        except (ServiceUnavailable, BreakerOpen, DeadlineExceeded):
            threading.Event().wait(0.01)
    raise AssertionError("the calls never came back to life")
