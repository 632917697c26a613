"""The gRPC server as a process of its own: signals and draining.  See also: `calls.grpc.server`, for the server."""

import threading
from typing import Any

from django.utils.module_loading import import_string

from postroad.calls.discovery.conf import DiscoverySettings
from postroad.calls.grpc.conf import GrpcSettings
from postroad.calls.grpc.server import GrpcServer
from postroad.calls.grpc.servicer import find_servicers
from postroad.metrics.port import serve_metrics
from postroad.processes.lifecycle import tell_started, tell_stopped
from postroad.threads import on_termination
from postroad.web.serving import set_aside

_DRAIN_SECONDS = 10.0  # a third of what Kubernetes gives a container by default


def run_grpc() -> None:
    """Serve until SIGTERM or SIGINT; calls under way are finished first, for ten seconds at most.

    Raises:
        InvalidSetting: The address, or METRICS_PORT, cannot be listened on.
        InvalidDeclaration: No installed service offers gRPC.
    """
    stop = threading.Event()
    on_termination(stop.set)
    server = GrpcServer(find_servicers())
    server.start()
    serve_metrics()
    set_aside()
    registration = _register(server.port)
    details = f"{', '.join(server.names)} on {GrpcSettings.current().grpc_host} port {server.port}"
    tell_started("gRPC server", details)
    stop.wait()
    if registration is not None:
        registration.stop()  # nobody new is led here while the calls under way end
    server.begin_stop(drain_seconds=_DRAIN_SECONDS).wait()
    tell_stopped("gRPC server", details)


def _register(port: int) -> Any:
    """Return the server's registration where services find each other by a registry; its HTTP client is imported only then."""
    if DiscoverySettings.current().discovery != "registry":
        return None
    return import_string("postroad.calls.discovery.self_registration.register_grpc_process")(
        port, is_secure=bool(GrpcSettings.current().grpc_tls_certificate)
    )
