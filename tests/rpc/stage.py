"""A gRPC server whose work a test holds back and lets go."""

import threading
from asyncio import CancelledError
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub

from apps.orders.rpc.v1.orders_pb2 import GetOrderRequest, Order, WatchOrderRequest
from apps.orders.rpc.v1.orders_pb2_grpc import OrdersServicer, OrdersStub, add_OrdersServicer_to_server
from postroad.calls import deadline
from postroad.calls.grpc.server import GrpcServer
from postroad.calls.grpc.servicer import Servicer
from postroad.context import current

NAME = "postroad.orders.v1.Orders"
BAD = 13
"""The order whose answer fails."""
ENDS = {14: SystemExit(), 15: KeyboardInterrupt(), 16: CancelledError()}
"""The orders whose answers raise what would end a process."""


class Held(OrdersServicer):
    """Answers call 1 only when it is let go, BAD never, ends streams when the client or the server does; notes what it sees."""

    def __init__(self) -> None:
        self.go, self.entered, self.closed = threading.Event(), threading.Event(), threading.Event()
        self.asked: list[int] = []
        self.contexts: list[Any] = []
        self.left: list[float | None] = []

    def GetOrder(self, request: GetOrderRequest, context: grpc.ServicerContext) -> Order:  # noqa: N802
        self.asked.append(request.order_id)
        self.contexts.append(current())
        self.left.append(deadline.remaining())
        self.entered.set()
        if request.order_id == 1:
            self.go.wait(10)
        if request.order_id in ENDS:
            raise ENDS[request.order_id]
        if request.order_id == BAD:
            raise ValueError("a defect")
        return Order(order_id=request.order_id)

    def WatchOrder(self, request: WatchOrderRequest, context: grpc.ServicerContext) -> Iterator[Order]:  # noqa: N802
        context.add_callback(self.closed.set)
        if request.order_id in ENDS:
            raise ENDS[request.order_id]
        yield Order(order_id=request.order_id)
        self.closed.wait(10)


class Stage:
    """A server of `Held` with its client."""

    def __init__(self) -> None:
        self.held = Held()
        self.server = GrpcServer([
            Servicer(
                name=NAME,
                make=lambda: self.held,
                add=add_OrdersServicer_to_server,
                status_of=lambda error: None,
                close=lambda held: held.closed.set(),
                owner="orders",
            )
        ])  # fmt: skip
        self.server.start()
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.server.port}")
        self.stub = OrdersStub(self.channel)
        self.clients = ThreadPoolExecutor(8)

    def ask(self, order_id: int, *, timeout: float | None = 10) -> Order:
        answer: Order = self.stub.GetOrder(GetOrderRequest(order_id=order_id), timeout=timeout)
        return answer

    def health(self, service: str = "") -> int:
        answer: health_pb2.HealthCheckResponse = HealthStub(self.channel).Check(
            health_pb2.HealthCheckRequest(service=service), timeout=5
        )
        return answer.status

    def close(self) -> None:
        self.held.go.set()
        self.server.begin_stop(drain_seconds=0).wait(10)
        self.channel.close()
        self.clients.shutdown()
