"""Registers a web or gRPC process if DISCOVERY is `registry`.  See also: `discovery.registration`, for the protocol."""

import atexit
import os
import socket
import time
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

from postroad.calls.discovery.conf import DiscoverySettings
from postroad.calls.discovery.directory import app_name
from postroad.calls.discovery.eureka.instance import Instance, Lease, Port
from postroad.calls.discovery.registration import Registration
from postroad.calls.discovery.registry_client import registry_client
from postroad.calls.discovery.resolver import Endpoint


@lru_cache(maxsize=1)
def register_web_process() -> Registration | None:
    """Register this process until it ends; None if the platform does it, or the process has not exactly one service.

    It is called in the process that serves the web application, which must be a single one with threads: several
    processes on one socket would share an address, and the first that ends would deregister all of them.
    """
    return _register(web_instance)


def register_grpc_process(port: int, *, is_secure: bool) -> Registration | None:
    """Register this process, whose gRPC server listens on a port, as `<service>-grpc`; None in the same cases."""
    return _register(lambda current: grpc_instance(current, port, is_secure=is_secure))


def web_instance(settings: DiscoverySettings) -> Instance:
    """Return the instance that a web process registers."""
    endpoint = Endpoint.at(settings.instance_url or f"http://{_own_address(settings)}:{os.environ.get('PORT', '8000')}")
    pages = {
        "homePageUrl": f"{endpoint.url}/",
        "statusPageUrl": f"{endpoint.url}/livez",
        "healthCheckUrl": f"{endpoint.url}/readyz",
    }
    return _instance(settings, settings.service, endpoint, pages)


def grpc_instance(settings: DiscoverySettings, port: int, *, is_secure: bool = False) -> Instance:
    """Return the instance that a gRPC server registers: on the web process's host, if that is set."""
    host = Endpoint.at(settings.instance_url).host if settings.instance_url else _own_address(settings)
    return _instance(
        settings,
        f"{settings.service}-grpc",
        Endpoint(host=host, port=port, is_secure=is_secure),
        {},
    )


def _register(instance_of: Callable[[DiscoverySettings], Instance]) -> Registration | None:
    current = DiscoverySettings.current()
    if current.discovery != "registry" or not current.service:
        return None
    registration = Registration(registry_client(current), instance_of(current))
    atexit.register(registration.stop)
    registration.start()
    return registration


def _instance(settings: DiscoverySettings, service: str, endpoint: Endpoint, extras: dict[str, str]) -> Instance:
    name = app_name(service)
    return Instance(
        id=f"{endpoint.host}:{name.lower()}:{endpoint.port}",  # Spring Cloud's form: one address, one instance
        app=name,
        host=endpoint.host,
        address=endpoint.host,
        port=Port(number=endpoint.port, is_enabled=not endpoint.is_secure),
        secure_port=Port(number=endpoint.port if endpoint.is_secure else 443, is_enabled=endpoint.is_secure),
        vip=name.lower(),
        secure_vip=name.lower(),
        lease=Lease(renewal_seconds=settings.registry_renew_seconds, duration_seconds=settings.registry_lease_seconds),
        dirty_ms=int(time.time() * 1000),
        extras=extras,
    )


def _own_address(settings: DiscoverySettings) -> str:
    """Return the address from which this machine reaches the registry, and at which others can probably reach it."""
    registry = urlsplit(settings.registry_url[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((registry.hostname, registry.port or 80))  # sends nothing: it only chooses a route
        except OSError:
            return socket.gethostname()
        return str(probe.getsockname()[0])
