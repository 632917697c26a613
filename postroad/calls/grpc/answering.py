"""Wraps every gRPC call: sets deadline and context, checks database connections, translates errors, limits streams.

An error's trailer has the body of the same error over REST, so that a client can read both in the same way.
"""

import json
import threading
from asyncio import CancelledError
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NoReturn

from django.db import close_old_connections
from typing_extensions import override

from postroad.calls import deadline
from postroad.calls.grpc.servicer import Servicer, Status
from postroad.calls.policies import watch
from postroad.calls.policies.watch import CallAnswered
from postroad.context import Current, read_trace_parent, working
from postroad.extras import needs_extra
from postroad.logs import logger

with needs_extra("grpc"):
    import grpc

log = logger(__name__)

ERROR_TRAILER = "postroad-error-bin"
"""Name of the trailer with the error's body as JSON; `-bin` because gRPC's text values are ASCII only."""

_DEFECT = Status(
    code=grpc.StatusCode.INTERNAL, word="defect", detail="Something is wrong on our side; it has been logged."
)
_EXPIRED = "The deadline had passed before the work began."
_NO_PLACE = "This server has its maximum number of streams open; try again, or another server."
_STOPPING = "This server is stopping; try another one."
_LONGEST_SECONDS = 86_400.0  # without a deadline gRPC reports infinity; more than a day counts as none, too

_FAILURES = (Exception, SystemExit, KeyboardInterrupt, CancelledError)
"""What a method may raise, except GeneratorExit: gRPC itself handles only `Exception`, and the client would wait for ever."""

Behaviour = Callable[[Any, grpc.ServicerContext], Any]


@contextmanager
def connected() -> Iterator[None]:
    """Run a block that may use the database; before and after it, connections that are too old or broken are closed."""
    close_old_connections()
    try:
        yield
    finally:
        close_old_connections()


class Calls(grpc.ServerInterceptor):
    """Wraps the methods of servicers, and runs streams in threads of their own.

    Concurrency: at most `streams` streams; a further thread refuses more of them at once.
    """

    def __init__(self, servicers: Mapping[str, Servicer], *, streams: int) -> None:
        self._servicers = servicers
        self._places = threading.BoundedSemaphore(streams)
        self._stream_threads = ThreadPoolExecutor(streams + 1, thread_name_prefix="postroad-grpc-stream")
        self._stopping = threading.Event()

    def stop(self) -> None:
        """From now on tell clients whose streams end to use another server."""
        self._stopping.set()

    @override
    def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], "grpc.RpcMethodHandler[Any, Any] | None"],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> "grpc.RpcMethodHandler[Any, Any] | None":
        handler = continuation(handler_call_details)
        if handler is None:
            return None
        _, name, method = handler_call_details.method.split("/")
        servicer = self._servicers.get(name)
        codec = (handler.request_deserializer, handler.response_serializer)
        match servicer, handler:
            case None, grpc.RpcMethodHandler(stream_stream=reflect) if reflect is not None:
                return grpc.stream_stream_rpc_method_handler(self._bounded(reflect), *codec)
            case Servicer(), grpc.RpcMethodHandler(unary_stream=stream) if stream is not None:
                return grpc.unary_stream_rpc_method_handler(
                    self._bounded(self._streaming(servicer, stream, method)), *codec
                )
            case Servicer(), grpc.RpcMethodHandler(unary_unary=answer) if answer is not None:
                return grpc.unary_unary_rpc_method_handler(_answering(servicer, answer, method), *codec)
        return handler

    def _bounded(self, behaviour: Behaviour) -> Behaviour:
        def stream(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
            if not self._places.acquire(blocking=False):
                context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, _NO_PLACE)
            try:
                yield from behaviour(request, context)
            finally:
                self._places.release()

        stream.experimental_thread_pool = self._stream_threads  # type: ignore[attr-defined]  # grpcio's own name for it
        return stream

    def _streaming(self, servicer: Servicer, behaviour: Behaviour, method: str) -> Behaviour:
        def stream(request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
            with _scope(servicer, context):
                try:
                    with servicer.guard(method, _metadata(context)):
                        yield from behaviour(request, context)
                except _FAILURES as error:  # the server's loop: logged, and no internals in the answer
                    _refuse(error, servicer, context)
            if self._stopping.is_set():
                _tell(servicer, grpc.StatusCode.UNAVAILABLE)
                context.abort(grpc.StatusCode.UNAVAILABLE, _STOPPING)
            _tell(servicer, grpc.StatusCode.OK)

        return stream


def _answering(servicer: Servicer, behaviour: Behaviour, method: str) -> Behaviour:
    def answer(request: Any, context: grpc.ServicerContext) -> Any:
        with _scope(servicer, context), connected():
            try:
                with servicer.guard(method, _metadata(context)):
                    reply = behaviour(request, context)
            except _FAILURES as error:  # the server's loop: logged, and no internals in the answer
                _refuse(error, servicer, context)
        _tell(servicer, grpc.StatusCode.OK)
        return reply

    return answer


@contextmanager
def _scope(servicer: Servicer, context: grpc.ServicerContext) -> Iterator[None]:
    """Run a call's block as its service, with the caller's remaining time; if there is none, raise an error."""
    left = context.time_remaining()
    if left <= 0:
        context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, _EXPIRED)
    trace = read_trace_parent(_metadata(context).get("traceparent", ""))
    seconds = left if left < _LONGEST_SECONDS else None
    with working(Current(service=servicer.owner, trace_parent=trace)), deadline.within(seconds):
        yield


def _metadata(context: grpc.ServicerContext) -> Mapping[str, str]:
    """Return the call's text metadata; if a name occurs twice, its last value."""
    return {name: value for name, value in context.invocation_metadata() if isinstance(value, str)}


def _refuse(error: BaseException, servicer: Servicer, context: grpc.ServicerContext) -> NoReturn:
    status = servicer.status_of(error) if isinstance(error, Exception) else None
    if status is None:
        log.error("gRPC call failed", exc_info=error, extra={"servicer": servicer.name})
        status = _DEFECT
    body = {"code": status.word, "detail": status.detail, "fields": dict(status.fields)}
    _tell(servicer, status.code)
    context.set_trailing_metadata(((ERROR_TRAILER, json.dumps(body).encode()),))
    context.abort(status.code, status.detail)


def _tell(servicer: Servicer, code: grpc.StatusCode) -> None:
    watch.tell(CallAnswered(servicer=servicer.name, code=code.name))
