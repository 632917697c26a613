"""Plain AMQP for tests: nothing of Postroad's adapter is used here."""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import amqp

from postroad.messaging.topology import Topology


@contextmanager
def connected(url: str) -> Iterator[amqp.Connection]:
    """Open a plain connection."""
    parts = urlsplit(url)
    vhost = unquote(parts.path[1:]) or "/"
    connection = amqp.Connection(
        host=f"{parts.hostname}:{parts.port or 5672}",
        userid=unquote(parts.username or "guest"),
        password=unquote(parts.password or "guest"),
        virtual_host=vhost,
    )
    connection.connect()
    try:
        yield connection
    finally:
        connection.close()


def delete_topology(url: str, topology: Topology) -> None:
    """Delete queues and exchanges, those that exist."""
    with connected(url) as connection:
        channel = connection.channel()
        for queue in topology.queues:
            channel.queue_delete(queue.name)
        for exchange in topology.exchanges:
            channel.exchange_delete(exchange.name)


@contextmanager
def virtual_host(url: str) -> Iterator[str]:
    """Make a virtual host at the broker that `scripts/servers.py` has started, for a while; tests are marked `virtual_hosts`."""
    name, parts = f"v{uuid.uuid4().hex[:8]}", urlsplit(url)
    _control("add_vhost", name)
    _control("set_permissions", "--vhost", name, str(parts.username), ".*", ".*", ".*")
    try:
        yield parts._replace(path=f"/{name}").geturl()
    finally:
        _control("delete_vhost", name)


def _control(*command: str) -> None:
    servers = Path(__file__).resolve().parents[2] / "scripts" / "servers.py"
    subprocess.run([sys.executable, str(servers), "rabbitmqctl", *command], check=True, capture_output=True)
