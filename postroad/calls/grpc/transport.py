"""Calls over gRPC without generated stubs: descriptors and protobuf's JSON mapping are enough.

The request message is made of the call's parameters and the fields of its body, by their JSON names; the answer becomes
JSON again and is decoded into the same type as over REST.  The address is that of the service `<service>-grpc`.  The
descriptors are loaded by importing a service's generated `…_pb2` modules.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from typing_extensions import override

from postroad.calls.conf import CallSettings
from postroad.calls.discovery.resolver import Endpoint, Resolver
from postroad.calls.grpc.channels import open_async_channel, open_channel, read_trusted
from postroad.calls.grpc.conf import GrpcSettings
from postroad.calls.transport import Answer, Outgoing, Transport, choose, note_failure
from postroad.calls.transports.endpoints import PerEndpoint
from postroad.calls.transports.loops import PerLoop
from postroad.errors import CallRejected, DeadlineExceeded, InvalidAnswer, InvalidDeclaration, ServiceUnavailable
from postroad.extras import needs_extra

with needs_extra("calls"):
    import grpc
    import grpc.aio
    from google.protobuf import json_format
    from google.protobuf.descriptor_pool import Default, DescriptorPool
    from google.protobuf.message import Message
    from google.protobuf.message_factory import GetMessageClass

STATUSES: Mapping[grpc.StatusCode, int] = {
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.FAILED_PRECONDITION: 409,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.CANCELLED: 503,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
}
"""gRPC status → HTTP status with the same meaning; 500 for all others.

Source: google/rpc/code.proto; but FAILED_PRECONDITION is 409, as in the REST APIs of Postroad's services.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """A unary method, read from its descriptor."""

    path: str
    request: type[Message]
    answer: type[Message]


class GrpcTransport(Transport):
    """Calls by gRPC.

    Concurrency: safe in threads and in tasks of any event loop; not across a fork, so create it in the worker.
    """

    def __init__(
        self,
        resolver: Resolver,
        *,
        pool: DescriptorPool | None = None,
        answer_bytes: int | None = None,
        connect_seconds: float | None = None,
    ) -> None:
        self._resolver, self._pool = resolver, pool or Default()
        maximum = answer_bytes or CallSettings.current().call_answer_bytes
        connect = connect_seconds or CallSettings.current().call_connect_seconds
        trusted = read_trusted(GrpcSettings.current().grpc_tls_ca)
        self._methods: dict[str, Method] = {}
        self._channels = PerEndpoint(lambda endpoint: open_channel(endpoint, maximum, connect, trusted))
        self._loops = PerLoop(
            lambda: PerEndpoint(lambda endpoint: open_async_channel(endpoint, maximum, connect, trusted)), _close
        )

    @override
    def send(self, outgoing: Outgoing, timeout_seconds: float) -> Answer:
        """Send over the instance's channel."""
        method = self._method(outgoing)
        request = message_of(outgoing, method)
        endpoint = choose(self._resolver, f"{outgoing.service}-grpc", outgoing)
        invoke = self._channels.get(endpoint).unary_unary(
            method.path, request_serializer=_bytes_of, response_deserializer=method.answer.FromString
        )
        try:
            reply = invoke(request, timeout=timeout_seconds, metadata=tuple(outgoing.headers.items()))
        except grpc.RpcError as error:
            return self._answer(outgoing, endpoint, error)
        return _json_answer(reply)

    @override
    async def send_async(self, outgoing: Outgoing, timeout_seconds: float) -> Answer:
        """Send over a channel of the running loop."""
        method = self._method(outgoing)
        request = message_of(outgoing, method)
        endpoint = choose(self._resolver, f"{outgoing.service}-grpc", outgoing)
        invoke = (
            self._loops.get()
            .get(endpoint)
            .unary_unary(method.path, request_serializer=_bytes_of, response_deserializer=method.answer.FromString)
        )
        try:
            reply = await invoke(request, timeout=timeout_seconds, metadata=tuple(outgoing.headers.items()))
        except grpc.RpcError as error:
            return self._answer(outgoing, endpoint, error)
        return _json_answer(reply)

    def close(self) -> None:
        """Close the threads' channels."""
        for channel in self._channels.empty():
            channel.close()

    async def aclose(self) -> None:
        """Close the running loop's channels."""
        await self._loops.aclose()

    def _method(self, outgoing: Outgoing) -> Method:
        found = self._methods.get(outgoing.grpc)
        if found is None:
            found = self._methods[outgoing.grpc] = method_of(self._pool, outgoing)
        return found

    def _answer(self, outgoing: Outgoing, endpoint: Endpoint, error: grpc.RpcError) -> Answer:
        """Return the answer for a status other than OK, or raise an error if there was no answer."""
        code: grpc.StatusCode = error.code()
        detail: str = error.details() or ""
        match code:
            case grpc.StatusCode.UNAVAILABLE:
                note_failure(self._resolver, f"{outgoing.service}-grpc", outgoing, endpoint)
                raise ServiceUnavailable(f"{outgoing.call}: {endpoint.host}:{endpoint.port}: {detail}.") from error
            case grpc.StatusCode.DEADLINE_EXCEEDED:
                note_failure(self._resolver, f"{outgoing.service}-grpc", outgoing, endpoint)
                raise DeadlineExceeded(f"{outgoing.call}: no answer in time: {detail}.") from error
            case grpc.StatusCode.RESOURCE_EXHAUSTED if "larger than max" in detail:
                raise InvalidAnswer(
                    f"{outgoing.call}: the answer is longer than CALL_ANSWER_BYTES: {detail}."
                ) from error
        problem = {"code": code.name.lower(), "detail": detail, "fields": {}}
        return Answer(status=STATUSES.get(code, 500), body=msgspec.json.encode(problem))


def method_of(pool: DescriptorPool, outgoing: Outgoing) -> Method:
    """Return the method that a call names.

    Raises:
        InvalidDeclaration: The call has none, or its descriptor is not imported, or it streams.
    """
    if not outgoing.grpc:
        raise InvalidDeclaration(f"{outgoing.call} has no gRPC method: add grpc='package.Service/Method', or use REST.")
    try:
        found = pool.FindMethodByName(outgoing.grpc.replace("/", "."))
    except KeyError as error:
        raise InvalidDeclaration(
            f"{outgoing.call}: the gRPC method {outgoing.grpc!r} is not loaded: import its …_pb2 module."
        ) from error
    if found.client_streaming or found.server_streaming:
        raise InvalidDeclaration(f"{outgoing.call}: {outgoing.grpc} streams; a proxy's calls have one answer.")
    return Method(
        path=f"/{outgoing.grpc}", request=GetMessageClass(found.input_type), answer=GetMessageClass(found.output_type)
    )


def message_of(outgoing: Outgoing, method: Method) -> Message:
    """Return the request message of a call.

    Raises:
        CallRejected: An argument does not fit it.
    """
    document = msgspec.to_builtins(outgoing.arguments)
    if outgoing.body:
        document |= json.loads(outgoing.body)
    try:
        return json_format.ParseDict(document, method.request())
    except json_format.ParseError as error:
        raise CallRejected(outgoing.call, status=400, code="invalid", detail=str(error)) from error


async def _close(channels: PerEndpoint[grpc.aio.Channel]) -> None:
    for channel in channels.empty():
        await channel.close()


def _bytes_of(message: Message) -> bytes:
    return message.SerializeToString()


def _json_answer(reply: Message) -> Answer:
    text = json_format.MessageToJson(reply, indent=None, always_print_fields_with_no_presence=True, ensure_ascii=False)
    return Answer(status=200, body=text.encode())
