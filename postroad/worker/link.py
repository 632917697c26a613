"""A worker's own connection to BROKER_URL, read by Celery's event loop.

Celery's broker may be another one (another virtual host, Redis): tasks stay there, and handlers use this connection.
"""

import errno
from contextlib import suppress
from typing import Any

from postroad.brokers.rabbitmq.broker import RabbitMQ
from postroad.brokers.rabbitmq.connection import LOST, close, collect, connect, describe, read_url
from postroad.errors import BrokerUnavailable
from postroad.messaging.conf import MessagingSettings
from postroad.messaging.topology import Topology

_NOTHING_THERE = (errno.EAGAIN, errno.EINTR)


class BrokerLink:
    """The connection.  Main thread of the worker only.

    Attributes:
        connection: The open `amqp.Connection`, or None.
    """

    def __init__(self, hub: Any, *, burst: int) -> None:
        self.connection: Any = None
        self._hub, self._burst, self._fd = hub, burst, -1
        self._server = read_url(MessagingSettings.current().broker_url)

    @property
    def url(self) -> str:
        """Its URL, without the password."""
        return self._server.url

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as we know."""
        return self.connection is not None

    def open(self, topology: Topology) -> None:
        """Declare what the handlers need, and connect.

        Raises:
            BrokerUnavailable: The broker does not answer, or the connection breaks at once.
            MisconfiguredError: A queue exists with other arguments.
        """
        RabbitMQ(MessagingSettings.current().broker_url).declare(topology)
        self.connection = connect(self._server, timeout_seconds=MessagingSettings.current().confirm_seconds)
        self.connection.transport.raise_on_initial_eintr = True
        self._fd = self.connection.sock.fileno()
        self._hub.add_reader(self._fd, self._on_readable)

    def read(self) -> bool:
        """Read what has already arrived, a burst at most; return whether there may be more.

        Raises:
            OSError, AMQPError: The connection is lost.
        """
        try:
            for _ in range(self._burst):
                self.connection.drain_events(timeout=0)
        except TimeoutError:
            return False
        except OSError as error:
            if error.errno not in _NOTHING_THERE:
                raise
            return False
        return True

    def drop(self) -> None:
        """Forget a lost connection."""
        connection = self._take()
        if connection is not None:
            collect(connection)

    def close(self) -> None:
        """Close with the AMQP closing handshake."""
        connection = self._take()
        if connection is not None:
            close(connection)

    def _take(self) -> Any:
        connection, self.connection = self.connection, None
        if connection is not None:
            with suppress(OSError, ValueError, KeyError):  # the event loop may have been reset
                self._hub.remove(self._fd)
        return connection

    def _on_readable(self) -> None:
        if self.connection is None:
            return
        try:
            if self.read():
                self._hub.call_soon(
                    self._on_readable
                )  # TLS may hold decrypted bytes, for which the socket is not readable
        except LOST as error:
            raise lost(error) from error


def lost(error: BaseException) -> ConnectionError:
    """Return the error that makes Celery connect again, whatever its own broker is."""
    if isinstance(error, BrokerUnavailable):
        return ConnectionError(str(error))
    return ConnectionError(f"message handlers lost their connection to BROKER_URL ({describe(error)})")
