"""The gRPC server around the questions: health, reflection, deadlines, bounds, context, the end."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import as_completed
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.reflection_pb2_grpc import ServerReflectionStub
from pytest_django import Settings

from apps.orders.rpc.v1.orders_pb2 import GetOrderRequest, Order, WatchOrderRequest
from apps.orders.rpc.v1.orders_pb2_grpc import OrdersStub
from postroad.errors import InvalidSetting
from postroad.metrics.registry import REGISTRY
from tests.faults.deployment import until
from tests.rpc.stage import BAD, ENDS, NAME, Stage

ROUND_ROBIN = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {
            "name": [{}],
            "retryPolicy": {
                "maxAttempts": 3,
                "initialBackoff": "0.05s",
                "maxBackoff": "0.2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
}
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def make_stage(any_port: None, settings: Settings) -> Iterator[Callable[..., Stage]]:
    stages: list[Stage] = []

    def make(**values: Any) -> Stage:
        settings.POSTROAD = {**settings.POSTROAD, **values}
        stages.append(Stage())
        return stages[-1]

    yield make
    [stage.close() for stage in stages]


def code_of(call: Callable[[], object]) -> grpc.StatusCode:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    code: grpc.StatusCode = caught.value.code()  # type: ignore[attr-defined]  # an error is a call, too
    return code


def test_health_is_told_for_the_server_and_for_each_service(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()

    assert [stage.health(), stage.health(NAME)] == [health_pb2.HealthCheckResponse.SERVING] * 2
    assert code_of(lambda: stage.health("postroad.nobody.v1.Nobody")) is grpc.StatusCode.NOT_FOUND


def test_reflection_lists_what_is_offered_and_shows_its_contract(make_stage: Callable[..., Stage]) -> None:
    stub = ServerReflectionStub(make_stage(GRPC_REFLECTION=True).channel)
    wanted = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol=NAME),
    ]

    listed, contract = stub.ServerReflectionInfo(iter(wanted), timeout=5)

    assert {service.name for service in listed.list_services_response.service} == {
        NAME,
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    }
    assert b"WatchOrder" in contract.file_descriptor_response.file_descriptor_proto[0]


def test_without_being_asked_for_there_is_no_reflection(make_stage: Callable[..., Stage]) -> None:
    stub = ServerReflectionStub(make_stage().channel)
    wanted = reflection_pb2.ServerReflectionRequest(list_services="")

    assert code_of(lambda: list(stub.ServerReflectionInfo(iter([wanted]), timeout=5))) is grpc.StatusCode.UNIMPLEMENTED


def test_a_call_whose_deadline_is_over_is_refused_before_its_work(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(GRPC_THREADS=1)
    first = stage.clients.submit(stage.ask, 1)
    assert stage.held.entered.wait(10)

    late = code_of(lambda: stage.ask(2, timeout=0.1))  # waits for the only thread
    stage.held.go.set()

    assert late is grpc.StatusCode.DEADLINE_EXCEEDED
    assert first.result(10).order_id == 1
    assert stage.ask(3).order_id == 3
    assert stage.held.asked == [1, 3]


def test_the_work_knows_its_service_trace_and_remaining_time(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()

    stage.stub.GetOrder(GetOrderRequest(order_id=2), timeout=5, metadata=(("traceparent", TRACE),))
    stage.stub.GetOrder(GetOrderRequest(order_id=3), metadata=(("traceparent", "nonsense"),))

    assert [(seen.service, seen.trace_parent) for seen in stage.held.contexts] == [("orders", TRACE), ("orders", "")]
    first, second = stage.held.left
    assert first is not None
    assert 0 < first < 6
    assert second is None


def test_every_call_is_counted_by_its_status(make_stage: Callable[..., Stage]) -> None:
    def counted(code: str) -> float:
        return REGISTRY.get_sample_value("postroad_grpc_answered_total", {"servicer": NAME, "code": code}) or 0.0

    stage = make_stage()
    good, bad = counted("OK"), counted("INTERNAL")

    stage.ask(2)
    stage.ask(3)
    assert code_of(lambda: stage.ask(BAD)) is grpc.StatusCode.INTERNAL

    assert (counted("OK") - good, counted("INTERNAL") - bad) == (2, 1)


@pytest.mark.parametrize("order_id", ENDS)
def test_what_would_end_a_process_is_answered_as_a_defect(make_stage: Callable[..., Stage], order_id: int) -> None:
    stage = make_stage()

    assert code_of(lambda: stage.ask(order_id)) is grpc.StatusCode.INTERNAL
    watch = stage.stub.WatchOrder(WatchOrderRequest(order_id=order_id), timeout=10)
    assert code_of(lambda: list(watch)) is grpc.StatusCode.INTERNAL
    assert stage.ask(2).order_id == 2


def test_more_calls_than_may_wait_are_refused(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(GRPC_THREADS=1, GRPC_STREAMS=1)
    calls = [stage.clients.submit(stage.ask, 1) for _ in range(3)]  # one is worked on and one waits, whichever they are

    refused = next(as_completed(calls, timeout=10))
    stage.held.go.set()

    assert code_of(refused.result) is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert [call.result(10).order_id for call in calls if call is not refused] == [1, 1]


def test_more_streams_than_may_be_open_are_refused_while_calls_are_answered(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(GRPC_STREAMS=2)
    streams = [stage.stub.WatchOrder(WatchOrderRequest(order_id=7)) for _ in range(2)]
    assert [next(stream).order_id for stream in streams] == [7, 7]

    third = code_of(lambda: next(stage.stub.WatchOrder(WatchOrderRequest(order_id=7), timeout=5)))
    answer = stage.ask(2)

    assert third is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert answer.order_id == 2


def test_a_client_that_leaves_gives_its_place_back(
    make_stage: Callable[..., Stage], caplog: pytest.LogCaptureFixture
) -> None:
    stage = make_stage(GRPC_STREAMS=1)
    stream = stage.stub.WatchOrder(WatchOrderRequest(order_id=7))
    next(stream)

    stream.cancel()

    assert until(lambda: _first(stage), seconds=10, what="the place is free again").order_id == 7
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def _first(stage: Stage) -> Order | None:
    try:
        order: Order = next(stage.stub.WatchOrder(WatchOrderRequest(order_id=7), timeout=5))
    except grpc.RpcError:
        return None
    return order


def test_stopping_is_told_and_sends_the_watchers_away(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    told = HealthStub(stage.channel).Watch(health_pb2.HealthCheckRequest(service=NAME), timeout=10)
    stream = stage.stub.WatchOrder(WatchOrderRequest(order_id=7))
    before = next(told).status
    next(stream)

    stage.server.begin_stop(drain_seconds=10)

    assert [before, next(told).status] == [
        health_pb2.HealthCheckResponse.SERVING,
        health_pb2.HealthCheckResponse.NOT_SERVING,
    ]
    assert code_of(lambda: next(stream)) is grpc.StatusCode.UNAVAILABLE


def test_stopping_finishes_the_call_under_way_and_takes_no_other(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    call = stage.clients.submit(stage.ask, 1)
    assert stage.held.entered.wait(10)

    drained = stage.server.begin_stop(drain_seconds=10)
    refused = code_of(lambda: stage.ask(2))
    is_early = drained.is_set()
    stage.held.go.set()

    assert refused in (
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.CANCELLED,
    )  # as it comes; 503 both, so tried elsewhere
    assert not is_early
    assert call.result(10).order_id == 1
    assert drained.wait(10)
    assert stage.held.asked == [1]


def test_a_call_that_does_not_end_is_cut_when_draining_has_lasted_long_enough(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    call = stage.clients.submit(code_of, lambda: stage.ask(1))
    assert stage.held.entered.wait(10)

    assert stage.server.begin_stop(drain_seconds=0.1).wait(5)

    assert call.result(5) in {grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE}


def test_two_instances_share_the_calls_and_the_end_of_one_fails_none(make_stage: Callable[..., Stage]) -> None:
    first, second = make_stage(), make_stage()
    both = f"ipv4:127.0.0.1:{first.server.port},127.0.0.1:{second.server.port}"
    with grpc.insecure_channel(both, options=[("grpc.service_config", json.dumps(ROUND_ROBIN))]) as channel:
        stub = OrdersStub(channel)
        grpc.channel_ready_future(channel).result(10)
        until(lambda: _ask(stub) and second.held.asked and first.held.asked, seconds=10, what="both are asked")

        first.server.begin_stop(drain_seconds=0).wait(10)
        answers = [_ask(stub) for _ in range(50)]

    assert [answer.order_id for answer in answers] == [7] * 50


def _ask(stub: Any) -> Order:
    order: Order = stub.GetOrder(GetOrderRequest(order_id=7), timeout=5)
    return order


def test_a_port_that_is_taken_is_named_with_the_way_out(make_stage: Callable[..., Stage]) -> None:
    port = make_stage().server.port

    with pytest.raises(InvalidSetting, match=f"gRPC port {port} on 127.0.0.1 cannot be used; .* GRPC_PORT"):
        make_stage(GRPC_PORT=port)


def test_a_message_that_is_too_large_is_refused(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage(GRPC_MESSAGE_BYTES=10)
    large = stage.channel.unary_unary(f"/{NAME}/GetOrder")

    assert code_of(lambda: large(b"\0" * 100, timeout=5)) is grpc.StatusCode.RESOURCE_EXHAUSTED
