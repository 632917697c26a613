"""Plain AMQP for tests: nothing of Postroad's adapter is used here."""

from collections.abc import Iterator
from contextlib import contextmanager
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
