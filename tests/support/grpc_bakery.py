"""A little gRPC service whose messages are described here, without generated modules."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_PACKAGE = "test.bakery.v1"
_FIELD = descriptor_pb2.FieldDescriptorProto
_INT64, _STRING, _INT32 = _FIELD.TYPE_INT64, _FIELD.TYPE_STRING, _FIELD.TYPE_INT32


def _describe() -> descriptor_pool.DescriptorPool:
    file = descriptor_pb2.FileDescriptorProto(name="test/bakery.proto", package=_PACKAGE, syntax="proto3")
    messages: Sequence[tuple[str, Sequence[tuple[str, Any]]]] = (
        ("GetLoafRequest", [("loaf_id", _INT64)]),
        ("BakeRequest", [("shelf", _STRING), ("kind", _STRING)]),
        ("Loaf", [("loaf_id", _INT64), ("grams", _INT32)]),
    )
    for name, fields in messages:
        message = file.message_type.add(name=name)
        for number, (field, kind) in enumerate(fields, start=1):
            message.field.add(name=field, number=number, type=kind, label=_FIELD.LABEL_OPTIONAL)
    service = file.service.add(name="Bakery")
    for method, request, streams in (
        ("GetLoaf", "GetLoafRequest", False),
        ("Bake", "BakeRequest", False),
        ("Watch", "GetLoafRequest", True),
    ):
        service.method.add(
            name=method,
            input_type=f".{_PACKAGE}.{request}",
            output_type=f".{_PACKAGE}.Loaf",
            server_streaming=streams,
        )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool


POOL = _describe()


def _class(name: str) -> Any:
    return message_factory.GetMessageClass(POOL.FindMessageTypeByName(f"{_PACKAGE}.{name}"))


class GrpcBakery:
    """A server on a port of 127.0.0.1.

    Attributes:
        answer: Request and context → the loaf's fields; it may abort.
        requests: What came.
        metadata: What came with it.
    """

    def __init__(self, port: int = 0) -> None:
        self.answer: Callable[[Any, grpc.ServicerContext], dict[str, Any]] = lambda request, context: {
            "loaf_id": 7,
            "grams": 500,
        }
        self.requests: list[Any] = []
        self.metadata: list[dict[str, Any]] = []
        self.times_left: list[float | None] = []
        self.is_over = threading.Event()
        self._server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
        methods: dict[str, Any] = {
            name: grpc.unary_unary_rpc_method_handler(
                self._serve,
                request_deserializer=_class(request).FromString,
                response_serializer=lambda loaf: loaf.SerializeToString(),
            )
            for name, request in (("GetLoaf", "GetLoafRequest"), ("Bake", "BakeRequest"))
        }
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(f"{_PACKAGE}.Bakery", methods),))
        self.port: int = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self._server.start()

    def kill(self) -> None:
        """Stop at once; who calls now is refused."""
        self.is_over.set()
        self._server.stop(grace=None).wait()

    def _serve(self, request: Any, context: grpc.ServicerContext) -> Any:
        self.requests.append(request)
        self.metadata.append(dict(context.invocation_metadata()))
        self.times_left.append(context.time_remaining())
        return _class("Loaf")(**self.answer(request, context))


@contextmanager
def grpc_bakery() -> Iterator[GrpcBakery]:
    """Serve during a block."""
    bakery = GrpcBakery()
    try:
        yield bakery
    finally:
        bakery.kill()
