"""The gRPC server of this process: it serves the installed services' servicers, and health.

It uses clear text unless GRPC_TLS_CERTIFICATE names a file; it has reflection only with GRPC_REFLECTION.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from postroad.calls.grpc.answering import Calls
from postroad.calls.grpc.conf import GrpcSettings
from postroad.calls.grpc.servicer import Servicer
from postroad.calls.grpc.tls import server_credentials
from postroad.errors import InvalidSetting
from postroad.extras import needs_extra

with needs_extra("grpc"):
    import grpc
    from grpc_health.v1 import health
    from grpc_health.v1.health_pb2 import HealthCheckResponse
    from grpc_health.v1.health_pb2_grpc import add_HealthServicer_to_server
    from grpc_reflection.v1alpha import reflection

_KEEPALIVE_SECONDS = 30  # interval of pings on an idle connection, which proxies drop after about a minute
_KEEPALIVE_ANSWER_SECONDS = 10
_PING_SECONDS = 10  # minimum interval of clients' pings; with gRPC's default of 5 minutes, more pings end a connection


class GrpcServer:
    """A server that listens when it is created, and answers from `start` to `stop`.

    Attributes:
        port: The port on which it listens.
        names: Full names of its services, without health and reflection.

    Raises InvalidSetting if GRPC_HOST and GRPC_PORT cannot be listened on, or a file of TLS cannot be used.
    """

    def __init__(self, servicers: Sequence[Servicer]) -> None:
        conf = GrpcSettings.current()
        self.names = [servicer.name for servicer in servicers]
        self._calls = Calls({servicer.name: servicer for servicer in servicers}, streams=conf.grpc_streams)
        self._server = grpc.server(
            ThreadPoolExecutor(conf.grpc_threads, thread_name_prefix="postroad-grpc"),
            interceptors=[self._calls],
            options=_options(conf),
            maximum_concurrent_rpcs=conf.grpc_threads + conf.grpc_streams,
        )
        self._health = health.HealthServicer()
        self._closers: list[Callable[[], None]] = []
        for servicer in servicers:
            made = servicer.make()
            servicer.add(made, self._server)
            self._closers.append(partial(servicer.close, made))
            self._health.set(servicer.name, HealthCheckResponse.SERVING)
        add_HealthServicer_to_server(self._health, self._server)
        if conf.grpc_reflection:
            shown = [*self.names, health.SERVICE_NAME, reflection.SERVICE_NAME]
            reflection.enable_server_reflection(shown, self._server)
        self.port = _listen(self._server, conf)

    def start(self) -> None:
        """Answer calls, in threads."""
        self._server.start()

    def begin_stop(self, *, drain_seconds: float) -> threading.Event:
        """Report NOT_SERVING, end the streams, refuse new calls; running calls are cancelled after the given time.

        Returns:
            An event that is set when no call runs any more.
        """
        self._health.enter_graceful_shutdown()
        self._calls.stop()
        for close in self._closers:
            close()
        return self._server.stop(drain_seconds)


def _listen(server: grpc.Server, conf: GrpcSettings) -> int:
    address, credentials = f"{conf.grpc_host}:{conf.grpc_port}", server_credentials(conf)
    try:
        if credentials is None:
            return server.add_insecure_port(address)
        return server.add_secure_port(address, credentials)
    except RuntimeError as error:
        raise InvalidSetting(
            f"gRPC port {conf.grpc_port} on {conf.grpc_host} cannot be used; stop the program that listens there, or choose"
            " another with GRPC_PORT; with TLS, check also GRPC_TLS_CERTIFICATE and GRPC_TLS_KEY."
        ) from error


def _options(conf: GrpcSettings) -> list[tuple[str, int]]:
    """Return gRPC's channel arguments; the names are those of grpc/impl/channel_arg_names.h."""
    return [
        ("grpc.so_reuseport", 0),  # on Linux two servers would share a port, and each get some of the calls
        ("grpc.max_receive_message_length", conf.grpc_message_bytes),
        ("grpc.max_connection_age_ms", round(conf.grpc_connection_age_seconds * 1000)),
        ("grpc.max_connection_age_grace_ms", round(conf.grpc_connection_grace_seconds * 1000)),
        ("grpc.keepalive_time_ms", _KEEPALIVE_SECONDS * 1000),
        ("grpc.keepalive_timeout_ms", _KEEPALIVE_ANSWER_SECONDS * 1000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", _PING_SECONDS * 1000),
    ]
