"""Opens gRPC channels with the options that the call policy needs."""

import json
from pathlib import Path

from postroad.calls.discovery.resolver import Endpoint
from postroad.errors import InvalidSetting
from postroad.extras import needs_extra

with needs_extra("grpc"):
    import grpc
    import grpc.aio

_ROUND_ROBIN = json.dumps({"loadBalancingConfig": [{"round_robin": {}}]})
_Options = list[tuple[str, str | int]]


def read_trusted(path: str) -> bytes | None:
    """Return the certificates that callers trust; None: gRPC's own.

    Raises:
        InvalidSetting: The file cannot be read.
    """
    try:
        return Path(path).read_bytes() if path else None
    except OSError as error:
        raise InvalidSetting(f"POSTROAD['GRPC_TLS_CA'] is {path!r}, which cannot be read: {error.strerror}.") from error


def open_channel(
    endpoint: Endpoint, most_bytes: int, connect_seconds: float, trusted: bytes | None = None
) -> grpc.Channel:
    """Open a channel for blocking calls; it connects at the first call."""
    target, options = _target(endpoint), _options(most_bytes, connect_seconds)
    if endpoint.is_secure:
        return grpc.secure_channel(target, grpc.ssl_channel_credentials(trusted), options)
    return grpc.insecure_channel(target, options)


def open_async_channel(
    endpoint: Endpoint, most_bytes: int, connect_seconds: float, trusted: bytes | None = None
) -> grpc.aio.Channel:
    """Open a channel for asyncio."""
    target, options = _target(endpoint), _options(most_bytes, connect_seconds)
    if endpoint.is_secure:
        return grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(trusted), options)
    return grpc.aio.insecure_channel(target, options)


def _target(endpoint: Endpoint) -> str:
    """Return a target that gRPC resolves itself: a headless service's name has the addresses of all instances, used in turn."""
    host = f"[{endpoint.host}]" if ":" in endpoint.host else endpoint.host
    return f"dns:///{host}:{endpoint.port}"


def _options(most_bytes: int, connect_seconds: float) -> _Options:
    return [
        ("grpc.service_config", _ROUND_ROBIN),
        ("grpc.enable_retries", 0),  # the policy retries, within its budget
        ("grpc.max_receive_message_length", most_bytes),
        ("grpc.keepalive_time_ms", 60_000),  # detects a dead peer; the server must allow one ping a minute
        ("grpc.keepalive_timeout_ms", 5_000),
        ("grpc.min_reconnect_backoff_ms", int(connect_seconds * 1000)),  # also the time one connection attempt has
        (
            "grpc.initial_reconnect_backoff_ms",
            100,
        ),  # so that a restarted instance is connected before a breaker's next probe
        ("grpc.max_reconnect_backoff_ms", 2_000),
    ]
