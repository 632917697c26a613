"""Every method of every gRPC service: any message, any bytes, any metadata; never a defect, a hang, or a dead server."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

from tests.fuzz.conftest import Shop
from tests.fuzz.fuzzing import fuzzed

pytestmark = pytest.mark.slow

MODULES = [f"apps.{name}.rpc.v1.{name}_pb2" for name in ("orders", "kitchen", "accounting")]
METHODS = [
    method
    for module in MODULES
    for service in import_module(module).DESCRIPTOR.services_by_name.values()
    for method in service.methods
]
SECONDS = 10.0
UNREADABLE = "Exception deserializing request"  # how gRPC itself answers bytes that are no such message: INTERNAL
BAD = {grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DATA_LOSS}

whole = st.sampled_from([0, 1, 2, 3, -1, 2**31 - 1, -(2**31)])
long = whole | st.sampled_from([2**63 - 1, -(2**63)])
text = st.text(max_size=30) | st.sampled_from(["\0", "\u2028", "x" * 5000])
metadata = st.lists(
    st.tuples(
        st.sampled_from(["x-request-id", "traceparent", "authorization", "x-postroad-deadline-ms", "odd-bin"]),
        st.sampled_from(["", "x", "Bearer x.y.z", "9" * 30, "-1", "NaN", "00-x"]),
    ),
    max_size=3,
).map(lambda pairs: [(name, value.encode() if name.endswith("-bin") else value) for name, value in pairs])


@st.composite
def messages(draw: st.DrawFn, method: MethodDescriptor) -> bytes:
    """A request of a method, with some of its fields set."""
    message: Any = GetMessageClass(method.input_type)()
    for field in method.input_type.fields:
        if field.is_repeated or field.type == FieldDescriptor.TYPE_MESSAGE or not draw(st.booleans()):
            continue
        if field.type == FieldDescriptor.TYPE_STRING:
            setattr(message, field.name, draw(text))
        elif field.cpp_type in (FieldDescriptor.CPPTYPE_INT64,):
            setattr(message, field.name, draw(long))
        elif field.cpp_type == FieldDescriptor.CPPTYPE_INT32:
            setattr(message, field.name, draw(whole))
    sent: bytes = message.SerializeToString()
    return sent


@pytest.fixture(scope="module")
def channels() -> Iterator[dict[int, grpc.Channel]]:
    opened: dict[int, grpc.Channel] = {}
    yield opened
    for channel in opened.values():
        channel.close()


def said(
    channel: grpc.Channel, method: MethodDescriptor, request: bytes, given: list[tuple[str, str | bytes]]
) -> tuple[Any, str]:
    """Return the status of a call and its detail; of a stream those of its first message."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    try:
        if method.server_streaming:
            stream = channel.unary_stream(path)(request, timeout=SECONDS, metadata=given)
            next(iter(stream), None)
            stream.cancel()
        else:
            channel.unary_unary(path)(request, timeout=SECONDS, metadata=given)
    except grpc.RpcError as error:
        return error.code(), error.details() or ""  # type: ignore[attr-defined] - it is a call, too
    return grpc.StatusCode.OK, ""


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name)
def test_a_method_answers_whatever_it_is_asked(
    shop: Shop, channels: dict[int, grpc.Channel], method: MethodDescriptor
) -> None:
    channel = channels.setdefault(shop.grpc_port, grpc.insecure_channel(f"127.0.0.1:{shop.grpc_port}"))

    @fuzzed(25, request=messages(method) | st.binary(max_size=40), given_ones=metadata)
    def call(request: bytes, given_ones: list[tuple[str, str | bytes]]) -> None:
        code, detail = said(channel, method, request, given_ones)

        assert code is not grpc.StatusCode.DEADLINE_EXCEEDED or "x-postroad-deadline-ms" in dict(given_ones), "a hang"
        assert code not in BAD or UNREADABLE in detail, (request, given_ones, code, detail)

    call()
