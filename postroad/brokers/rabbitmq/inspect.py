"""Compares RabbitMQ's exchanges and queues with a `Topology`.  AMQP cannot list bindings.

A passive declaration shows whether an exchange or queue exists, without comparing properties.  If it exists, it is declared
as at start: the broker then compares the properties (AMQP 0-9-1 §1.7.2.1) and changes nothing.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from amqp.exceptions import ChannelError, NotFound

from postroad.brokers.rabbitmq.connection import LOST, Server, close, connect, describe, unavailable
from postroad.brokers.rabbitmq.declare import declare_exchange, declare_queue
from postroad.errors import MisconfiguredError
from postroad.messaging.broker import Inspection, QueueState
from postroad.messaging.topology import Exchange, Queue, Topology

ANSWER_SECONDS = 3.0
"""Longest wait for one answer: a person waits for the result."""


def inspect(server: Server, topology: Topology) -> Inspection:
    """Compare everything of a topology, on a connection of its own.

    Raises:
        BrokerUnavailable: Connection refused or unknown host, or the connection broke; safe to call again.
    """
    connection = connect(server, timeout_seconds=ANSWER_SECONDS)
    try:
        return _Inspector(connection).inspect(topology)
    except LOST as error:
        raise unavailable(server, error) from error
    finally:
        close(connection)


class _Inspector:
    """One comparison; a refusal closes the channel, so the next question opens a new one."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._open: Any = None
        self._missing: list[str] = []
        self._differing: list[str] = []

    def inspect(self, topology: Topology) -> Inspection:
        for exchange in topology.exchanges:
            self._look(f"exchange {exchange.name!r}", partial(self._exchange, exchange))
        states = [self._look(f"queue {queue.name!r}", partial(self._queue, queue)) for queue in topology.queues]
        return Inspection(
            missing=tuple(self._missing),
            differing=tuple(self._differing),
            queues=tuple(state for state in states if state is not None),
        )

    def _look(self, thing: str, ask: Callable[[], QueueState | None]) -> QueueState | None:
        try:
            return ask()
        except NotFound:
            self._missing.append(thing)
        except MisconfiguredError as error:
            self._differing.append(str(error))
        except ChannelError as error:
            self._differing.append(
                f"the broker does not show {thing} ({describe(error)}); give the user of BROKER_URL permission to configure,"
                " write and read it (rabbitmqctl set_permissions)."
            )
        return None

    def _exchange(self, exchange: Exchange) -> None:
        self._channel.exchange_declare(exchange.name, exchange.kind.value, passive=True)
        declare_exchange(self._channel, exchange)

    def _queue(self, queue: Queue) -> QueueState:
        found = self._channel.queue_declare(queue.name, passive=True)
        declare_queue(self._channel, queue)
        return QueueState(name=queue.name, messages=found.message_count, consumers=found.consumer_count)

    @property
    def _channel(self) -> Any:
        if self._open is None or not self._open.is_open:
            self._open = self._connection.channel()
        return self._open
