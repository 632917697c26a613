"""The `POSTROAD` settings: every key with its type, default, unit and one line.  Not: business settings of a service.

A key may also be set as environment variable `POSTROAD_<KEY>`, which wins over the settings file.
Values are read late, at first use, and again after a test changes the Django settings.
"""

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any

from django.conf import settings as django_settings
from django.core.signals import setting_changed

from postroad.conf_readers import (
    choice_of,
    read_addresses,
    read_flag,
    read_names,
    read_optional_url,
    read_template,
    read_urls,
    table_of,
)
from postroad.errors import InvalidSetting
from postroad.secrecy import shown_value


def _setting(
    default: Any,
    line: str,
    *,
    least: float | None = None,
    most: float | None = None,
    read: Callable[[Any], object] | None = None,
    is_url: bool = False,
    is_secret: bool = False,
) -> Any:
    """Declare a key; `is_url`: its value may hold a password, `is_secret`: it is one, so no text has it as it is."""
    show = _show_nothing if is_secret else shown_value if is_url else repr
    metadata = {"line": line, "least": least, "most": most, "read": read, "show": show}
    return field(default_factory=lambda: default, repr=show is repr, metadata=metadata)


def _show_nothing(_value: object) -> str:
    return "…"


DISCOVERY_KINDS = ("dns", "headless", "static", "registry")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All keys; the attribute `relay_batch_rows` is the key `RELAY_BATCH_ROWS`."""

    service: str = _setting("", "name of the one service in this process; empty: every installed one")
    broker_url: str = _setting("memory://", "memory:// or amqp://user:password@host:port/vhost", is_url=True)
    relay_batch_rows: int = _setting(1000, "most outbox rows published in one transaction", least=1)
    relay_poll_seconds: float = _setting(1.0, "longest wait for new rows when no wake-up comes", least=0.01)
    relay_retry_first_seconds: float = _setting(0.5, "wait after a destination's first failure", least=0)
    relay_retry_ceiling_seconds: float = _setting(30.0, "longest wait for a failing destination", least=0)
    message_body_bytes: int = _setting(
        16 * 1024 * 1024,
        "largest body that is sent; not above the broker's max_message_size (RabbitMQ 4: this)",
        least=1,
    )
    message_body_warning_bytes: int = _setting(1_000_000, "body above which a send is logged as a warning", least=0)
    message_header_bytes: int = _setting(
        120_000, "headers and properties of a message together; a frame of the broker holds 131072", least=1
    )
    relay_attempts: int = _setting(
        8, "attempts, some 60 s apart in all, before replies to a queue that does not exist are set aside", least=1
    )
    confirm_seconds: float = _setting(15.0, "how long a publisher waits for the broker's confirms", least=0.1)
    consumer_batch_messages: int = _setting(50, "most messages handled in one transaction", least=1)
    consumer_prefetch_messages: int = _setting(200, "messages a queue may have under way to a worker", least=1)
    consumer_message_bytes: int = _setting(
        16 * 1024 * 1024,
        "largest body that is read, larger ones are parked unread; most that a connection has in memory, and a batch",
        least=1,
    )
    consumer_attempts: int = _setting(4, "attempts before a failing message is parked", least=1)
    consumer_retry_first_seconds: float = _setting(0.1, "wait after a message's first failure", least=0)
    consumer_retry_ceiling_seconds: float = _setting(5.0, "longest wait before a message is tried again", least=0)
    consumer_jam_seconds: float = _setting(
        60.0, "how long a worker may have messages and run nothing before it ends, to be started again", least=1
    )
    consumer_threads: int = _setting(2, "consumer threads of the one-process mode", least=1)
    balance_seconds: float = _setting(1.0, "how often workers agree on who serves which queue", least=0.1)
    heartbeat_file: str = _setting("", "file that worker and relay touch each second while they get on; empty: none")
    drain_file: str = _setting(
        "", "file made when a web process is about to be stopped: its connections end; empty: none"
    )
    metrics_port: int = _setting(
        0, "port on which each process has /metrics, and a web process nowhere else; 0: none", least=0, most=65535
    )
    delivery_limit: int = _setting(50, "deliveries after which the broker itself dead-letters a message", least=1)
    stale_binding_seconds: float = _setting(
        600.0, "how long a binding that no handler of this release wants is kept after its last declaration", least=0
    )
    reply_shards: int = _setting(4, "queues of a service's reply channel; fixed once messages flow", least=1)
    grpc_host: str = _setting("127.0.0.1", "address the gRPC server listens on; [::] for every one of the machine")
    grpc_port: int = _setting(9000, "port of the gRPC server; 0: any that is free", least=0)
    grpc_threads: int = _setting(16, "gRPC calls answered at once, each with a database connection", least=1)
    grpc_streams: int = _setting(64, "gRPC streams open at once, and calls that may wait for a thread", least=1)
    grpc_message_bytes: int = _setting(1_000_000, "largest gRPC message received", least=1)
    grpc_connection_age_seconds: float = _setting(
        60.0, "age at which a gRPC client is asked to connect anew, so that new instances get calls", least=1
    )
    grpc_connection_grace_seconds: float = _setting(
        60.0, "how long the calls and streams of such a connection may still take", least=1
    )
    grpc_reflection: bool = _setting(
        default=False, line="let gRPC clients ask for the contract, which tells strangers what there is", read=read_flag
    )
    grpc_tls_certificate: str = _setting(
        "", "file with the gRPC server's certificate and those above it, as PEM; empty: clear text"
    )
    grpc_tls_key: str = _setting("", "file with its private key, as PEM")
    grpc_tls_ca: str = _setting("", "file with the certificates that gRPC callers trust, as PEM; empty: the usual ones")
    processed_retention_hours: float = _setting(24.0 * 14, "age at which rows of handled messages are deleted", least=1)
    dead_letter_retention_hours: float = _setting(24.0 * 90, "age at which ended dead letters are deleted", least=1)
    saga_retention_hours: float = _setting(24.0 * 90, "age at which ended sagas are deleted, with their steps", least=1)
    retention_batch_rows: int = _setting(1000, "rows deleted in one statement by retention", least=1)
    retention_rows_per_second: int = _setting(
        10_000, "most expired rows that a relay process deletes a second", least=1
    )
    migrate_lock_seconds: float = _setting(
        10.0, "how long a migration waits for a table, while everybody's queries queue behind it; 0: for ever", least=0
    )
    migrate_statement_seconds: float = _setting(900.0, "longest statement of a migration; 0: any", least=0)
    migrate_wait_seconds: float = _setting(600.0, "longest wait for another process that migrates", least=0)
    transport: Mapping[str, str] = _setting(
        {"default": "rest"},
        "service, or default → how it is called; as text: default=rest,kitchen=grpc",
        read=table_of("rest", "grpc", "local"),
    )
    call_deadline_seconds: float = _setting(1.0, "time of a call that declares no deadline of its own", least=0.001)
    call_connect_seconds: float = _setting(0.3, "longest wait for a connection to an instance", least=0.001)
    call_attempts: int = _setting(
        3, "most attempts of one call; of one that may not be made twice only where nothing was sent", least=1
    )
    call_retry_ratio: float = _setting(0.1, "retries to a service, as a part of its calls in ten seconds", least=0)
    call_retry_least: int = _setting(10, "retries to a service in ten seconds that are always allowed", least=0)
    call_bulkhead: int = _setting(32, "most outstanding calls to one service from one process", least=1)
    call_answer_bytes: int = _setting(4 * 1024 * 1024, "largest answer that is read", least=1)
    call_connection_age_seconds: float = _setting(
        60.0, "age at which a connection is made anew, so that new instances get calls", least=0
    )
    breaker_error_rate: float = _setting(0.5, "part of a service's calls that fail when it opens", least=0.01, most=1)
    breaker_min_calls: int = _setting(10, "calls in the window before the rate means anything", least=1)
    breaker_window_seconds: float = _setting(10.0, "how far back calls are counted", least=0.1)
    breaker_window_calls: int = _setting(0, "count so many last calls instead; 0: count by time", least=0)
    breaker_open_seconds: float = _setting(5.0, "how long a service is left alone before it is probed", least=0)
    breaker_probes: int = _setting(3, "probes that must all succeed before it closes", least=1)
    discovery: str = _setting(
        "dns", "how services are found: dns, headless, static or registry", read=choice_of(*DISCOVERY_KINDS)
    )
    dns_template: str = _setting(
        "http://{service}:80",
        "dns, headless: where a service answers; {service} is its name",
        read=read_template,
        is_url=True,
    )
    dns_ttl_seconds: float = _setting(5.0, "headless: how long an answer of DNS is used", least=0)
    addresses: Mapping[str, tuple[str, ...]] = _setting(
        {},
        "static: service → URL or URLs of its instances, dns: URL that the template cannot say; as text name=url,name=url",
        read=read_addresses,
        is_url=True,
    )
    registry_url: tuple[str, ...] = _setting(
        ("http://localhost:8761/eureka",),
        "registry: where it answers, or several by commas",
        read=read_urls,
        is_url=True,
    )
    registry_fetch_seconds: float = _setting(30.0, "registry: how often a client asks what has changed", least=0.05)
    registry_renew_seconds: int = _setting(30, "registry: how often an instance renews its lease", least=1)
    registry_lease_seconds: int = _setting(90, "registry: how long an instance is believed without renewal", least=1)
    registry_self_preservation: bool = _setting(
        default=True, line="in the registry: evict nobody while over 15 % of the renewals are missing", read=read_flag
    )
    registry_password: str = _setting(
        "",
        "registry: password of its clients (basic authentication, any name); in the registry, empty: asks nobody",
        is_secret=True,
    )
    registry_instances: int = _setting(1500, "in the registry: most instances in all", least=1)
    registry_app_instances: int = _setting(500, "in the registry: most instances of one application", least=1)
    registry_instance_bytes: int = _setting(8192, "in the registry: longest instance as JSON, with metadata", least=512)
    registry_answer_bytes: int = _setting(16 * 1024 * 1024, "registry: largest answer that a client reads", least=1024)
    siblings: tuple[str, ...] = _setting(
        (), "services that `manage.py doctor` asks, beside this one; as text by commas", read=read_names
    )
    cluster_page: bool = _setting(
        default=False, line="show the pods of this release in the admin; needs a ServiceAccount", read=read_flag
    )
    cluster_release: str = _setting("postroad", "Helm release that `manage.py cluster` and the admin show")
    instance_url: str = _setting(
        "",
        "registry: http://host:port that others reach this process at; empty: its own IP and PORT",
        read=read_optional_url,
        is_url=True,
    )


KEYS = {entry.name.upper(): entry for entry in fields(Settings)}


def problems(given: Mapping[str, Any]) -> list[str]:
    """Return one sentence for each key or value that cannot be used; `manage.py check` prints them."""
    found = []
    for key, value in given.items():
        if key not in KEYS:
            near = difflib.get_close_matches(key.upper(), KEYS, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(sorted(KEYS))}."
            found.append(f"POSTROAD has the key {key!r}, which does not exist; {hint}")
            continue
        try:
            _convert(key, value)
        except InvalidSetting as error:
            found.append(str(error))
    return found


def given() -> dict[str, Any]:
    """Return what the settings file and the environment say, unchecked."""
    values = dict(getattr(django_settings, "POSTROAD", {}))
    for key in KEYS:
        text = os.environ.get(f"POSTROAD_{key}")
        if text is not None:
            values[key] = text
    return values


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return the settings in force.

    Raises:
        InvalidSetting: A key is unknown or a value has the wrong type; the text has the way out.
    """
    values = given()
    wrong = problems(values)
    if wrong:
        raise InvalidSetting(" ".join(wrong))
    return Settings(**{key.lower(): _convert(key, value) for key, value in values.items()})


def _convert(key: str, value: Any) -> Any:
    entry = KEYS[key]
    if entry.metadata["read"] is not None:
        return _read(key, value)
    if entry.type is str:
        if isinstance(value, str):
            return value
        raise _invalid(key, value, "it must be text")
    try:
        number = int(value) if entry.type is int else float(value)
    except (TypeError, ValueError):
        raise _invalid(key, value, f"it must be {'a whole number' if entry.type is int else 'a number'}") from None
    least, most = entry.metadata["least"], entry.metadata["most"]
    if least is not None and not number >= least:
        raise _invalid(key, value, f"the least value is {least}")
    if most is not None and not number <= most:
        raise _invalid(key, value, f"the largest value is {most}")
    return number


def _read(key: str, value: Any) -> Any:
    try:
        return KEYS[key].metadata["read"](value)
    except ValueError as error:
        raise _invalid(key, value, str(error)) from None


def _invalid(key: str, value: Any, problem: str) -> InvalidSetting:
    shown = KEYS[key].metadata["show"](value)
    return InvalidSetting(f"POSTROAD[{key!r}] is {shown}; {problem} ({KEYS[key].metadata['line']}).")


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "POSTROAD":
        settings.cache_clear()


setting_changed.connect(_forget, dispatch_uid="postroad.conf")
