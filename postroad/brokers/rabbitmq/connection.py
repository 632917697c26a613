"""BROKER_URL → connections to RabbitMQ, and errors that say why there is none.

    amqp://user:password@host:port/vhost      port 5672, user and password guest, vhost / unless given
    amqps://…                                 TLS, port 5671; the certificate is verified against the host's name
    amqps://…?cacertfile=…&certfile=…&keyfile=…&verify=verify_none&server_name_indication=…

Source: rabbitmq.com/docs/uri-spec and uri-query-parameters.
"""

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, unquote

import amqp
from amqp.exceptions import AMQPError, NotAllowed

from postroad.brokers.rabbitmq.envelope import forgive_alien_properties
from postroad.conf import CoreSettings
from postroad.errors import BrokerUnavailable, InvalidSetting, MisconfiguredError
from postroad.logs import logger
from postroad.secrecy import hide_password, split_url

log = logger(__name__)

LOST = (OSError, AMQPError)
"""Errors that py-amqp raises when a connection or channel cannot be used any more."""

CONNECT_SECONDS = (
    5.0  # a handshake takes milliseconds; a broker that is starting accepts connections but does not answer
)
_CLOSE_SECONDS = 2.0  # longest wait for the closing handshake
_SEPARATOR = ";"  # Celery reads a text with it as a list of brokers
_PORTS = {"amqp": 5672, "amqps": 5671}
_TLS_FILES = {"cacertfile": "ca_certs", "certfile": "certfile", "keyfile": "keyfile"}
_KEEPALIVE = {socket.TCP_KEEPIDLE: 20, socket.TCP_KEEPINTVL: 5, socket.TCP_KEEPCNT: 4}
"""Seconds, seconds, times: a lost peer is noticed within 40 s.  It replaces AMQP heartbeats, which a thread that is
busy with a handler could not send in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A broker's address, read from its URL.

    Attributes:
        url: The URL without password, for logs and errors.
        tls: Options of `amqp`'s TLS transport; empty: no TLS.
    """

    url: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    vhost: str
    tls: dict[str, Any] = field(default_factory=dict)


def read_url(url: str) -> Server:
    """Return the address in a URL.

    Raises:
        InvalidSetting: It is not such a URL; the text shows it without its password.
    """
    shown = hide_password(url)
    try:
        parts = split_url(url)
        port = parts.port or _PORTS[parts.scheme]
        if _SEPARATOR in (parts.hostname or "") + parts.path:
            raise ValueError("it is a list, or has a ; outside of user and password")  # noqa: TRY301 - as the others
    except (ValueError, KeyError) as error:
        reason = f" ({error})" if isinstance(error, ValueError) else ""
        raise InvalidSetting(
            f"BROKER_URL {shown!r} cannot be used{reason}; write amqp://user:password@host:5672/vhost, or amqps:// for TLS."
        ) from None
    host = parts.hostname or "localhost"
    return Server(
        url=shown,
        host=host,
        port=port,
        user=unquote(parts.username or "guest"),
        password=unquote(parts.password or "guest"),
        vhost=unquote(parts.path[1:]) or "/",
        tls=_tls_options(parts.query, host) if parts.scheme == "amqps" else {},
    )


def is_rabbitmq(url: str) -> bool:
    """Whether a URL's scheme is RabbitMQ's."""
    return url.partition(":")[0].lower() in _PORTS


def celery_broker(url: str) -> dict[str, Any]:
    """Return Celery's settings for the broker at a URL.

    Raises:
        MisconfiguredError: It is not RabbitMQ; the text names the way out.
    """
    if not is_rabbitmq(url):
        raise MisconfiguredError(
            f"BROKER_URL {hide_password(url)!r} has no queues that a Celery worker could read; write amqp://… for"
            " RabbitMQ, or run everything in one process (make run)."
        )
    server = read_url(url)
    host = f"[{server.host}]" if ":" in server.host else server.host
    login = f"{quote(server.user, safe='')}:{quote(server.password, safe='')}"  # Celery would read a raw ; as a list
    address = f"{url.partition(':')[0].lower()}://{login}@{host}:{server.port}/{quote(server.vhost, safe='')}"
    return {"broker_url": address, "broker_use_ssl": server.tls or None}


def connect(server: Server, *, timeout_seconds: float) -> Any:
    """Return an open `amqp.Connection` whose reads and writes fail after `timeout_seconds`.

    Raises:
        BrokerUnavailable: Connection refused or unknown host, or the login is refused; the text names the way out.
    """
    forgive_alien_properties()
    made = amqp.Connection(
        host=f"[{server.host}]:{server.port}" if ":" in server.host else f"{server.host}:{server.port}",
        userid=server.user,
        password=server.password,
        login_method="PLAIN",
        virtual_host=server.vhost,
        ssl=server.tls or False,
        connect_timeout=CONNECT_SECONDS,
        client_properties={"connection_name": f"postroad {CoreSettings.current().service}".strip()},
        # py-amqp's default of 1 s would cut a connection that the broker throttles for a moment
        socket_settings={**_KEEPALIVE, socket.TCP_USER_TIMEOUT: int(timeout_seconds * 1000)},
        on_blocked=lambda reason: log.warning("broker blocks publishers", extra={"reason": str(reason)}),
        on_unblocked=lambda: log.info("broker takes messages again"),
    )
    try:
        made.connect()
        made.sock.settimeout(timeout_seconds)
    except LOST as error:
        collect(made)
        raise BrokerUnavailable(_explain(server, error)) from error
    return made


def collect(connection: Any) -> None:
    """Drop a broken connection without the closing handshake; never raises."""
    with suppress(*LOST, AttributeError):
        if connection.connected:
            connection.sock.settimeout(_CLOSE_SECONDS)
        connection.collect()


def close(connection: Any) -> None:
    """Close with the AMQP closing handshake; never raises, and waits for a dead broker two seconds at most."""
    with suppress(*LOST, AttributeError):
        if connection.connected:
            connection.sock.settimeout(_CLOSE_SECONDS)
            connection.close()
    collect(connection)


def unavailable(server: Server, error: BaseException) -> BrokerUnavailable:
    """Return the error to raise for a connection that broke."""
    return BrokerUnavailable(f"BROKER_URL {server.url!r}: the connection broke ({describe(error)}); connect again.")


def describe(error: BaseException) -> str:
    """Return an error's own words, or its kind if it has none."""
    return str(error).strip() or type(error).__name__


def _explain(server: Server, error: BaseException) -> str:
    start = f"BROKER_URL {server.url!r}:"
    if getattr(error, "reply_code", None) == 403:
        return (
            f"{start} user {server.user!r} is refused. Correct user and password in BROKER_URL, or create the user"
            f" (rabbitmqctl add_user) and give it access to vhost {server.vhost!r} (rabbitmqctl set_permissions)."
        )
    if isinstance(error, NotAllowed):
        return (
            f"{start} vhost {server.vhost!r} is closed to user {server.user!r} or does not exist ({describe(error)})."
            " Correct the path of BROKER_URL (%2F is the vhost /), or create it (rabbitmqctl add_vhost)."
        )
    if isinstance(error, ssl.SSLError):
        return (
            f"{start} TLS with that server failed ({describe(error)}). Name its certificate authority with"
            " ?cacertfile=…, or write amqp:// if it has no TLS."
        )
    if isinstance(error, ConnectionRefusedError | socket.gaierror):
        return (
            f'{start} connection refused or unknown host. Start RabbitMQ ("make servers"),'
            " or unset BROKER_URL to run without a broker."
        )
    return (
        f"{start} no AMQP broker answers there ({describe(error)}). Is it RabbitMQ, is it up, and is this its AMQP port?"
        ' "make servers" starts one; unset BROKER_URL to run without a broker.'
    )


def _tls_options(query: str, host: str) -> dict[str, Any]:
    given = {name: values[-1] for name, values in parse_qs(query).items()}
    options: dict[str, Any] = {"server_hostname": given.get("server_name_indication", host)}
    options |= {name: given[key] for key, name in _TLS_FILES.items() if key in given}
    if given.get("verify") == "verify_none":
        options |= {"cert_reqs": ssl.CERT_NONE, "server_hostname": None}
    return options
