"""`Topology` → exchanges, queues and bindings at RabbitMQ."""

from collections.abc import Sequence
from typing import Any

from amqp.exceptions import ChannelError, PreconditionFailed

from postroad.brokers.rabbitmq.connection import LOST, Server, close, connect, describe, unavailable
from postroad.errors import MisconfiguredError
from postroad.messaging.conf import MessagingSettings
from postroad.messaging.topology import Binding, Exchange, Queue, Topology


def declare(server: Server, topology: Topology) -> None:
    """Create everything of a topology that is missing, on a connection of its own.

    Raises:
        BrokerUnavailable: Connection refused or unknown host, or the connection broke; safe to call again.
        MisconfiguredError: Something exists with other properties, or the user lacks the permission to declare it.
    """
    connection = connect(server, timeout_seconds=MessagingSettings.current().confirm_seconds)
    try:
        _declare(connection.channel(), topology)
    except LOST as error:
        raise unavailable(server, error) from error
    finally:
        close(connection)


def unbind(server: Server, bindings: Sequence[Binding]) -> None:
    """Remove bindings, on a connection of its own; for RabbitMQ it is no error if one does not exist.

    Raises:
        BrokerUnavailable: Connection refused or unknown host, or the connection broke; safe to call again.
        MisconfiguredError: The user lacks the permission.
    """
    connection = connect(server, timeout_seconds=MessagingSettings.current().confirm_seconds)
    try:
        channel = connection.channel()
        for binding in bindings:
            with _Naming(f"binding of {binding.queue!r} to {binding.exchange!r}", remedy="remove it there"):
                channel.queue_unbind(binding.queue, binding.exchange, binding.route)
    except LOST as error:
        raise unavailable(server, error) from error
    finally:
        close(connection)


def queue_arguments(queue: Queue) -> dict[str, Any]:
    """Return the arguments with which a queue is declared (rabbitmq.com/docs/quorum-queues).

    `x-dead-letter-strategy: at-least-once` is not used.  In 3.10.8 its workers crash when a queue is deleted soon after
    the broker's start, and after a few such crashes no queue can be declared until the next restart (541, observed).
    Little is lost without it: a consumer parks a message in the database before it rejects it.
    """
    arguments: dict[str, Any] = {"x-queue-type": "quorum"}
    if queue.is_ordered:
        arguments["x-single-active-consumer"] = True
    if queue.dead_queue:
        arguments |= {
            "x-delivery-limit": MessagingSettings.current().delivery_limit,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": queue.dead_queue,
        }
    return arguments


def declare_exchange(channel: Any, exchange: Exchange) -> None:
    """Create one exchange.  Raises MisconfiguredError like `declare`; the channel is closed then."""
    arguments = {"alternate-exchange": exchange.alternate} if exchange.alternate else {}
    with _Naming(f"exchange {exchange.name!r}", remedy="delete it there (rabbitmqadmin delete exchange), or rename"):
        channel.exchange_declare(
            exchange.name, exchange.kind.value, durable=True, auto_delete=False, arguments=arguments
        )


def declare_queue(channel: Any, queue: Queue) -> None:
    """Create one queue.  Raises MisconfiguredError like `declare`; the channel is closed then."""
    with _Naming(
        f"queue {queue.name!r}",
        remedy="give POSTROAD['DELIVERY_LIMIT'] its former value if that was changed; or let the queue run empty"
        f" and delete it there (rabbitmqctl delete_queue {queue.name})",
    ):
        channel.queue_declare(queue.name, durable=True, auto_delete=False, arguments=queue_arguments(queue))


def _declare(channel: Any, topology: Topology) -> None:
    for exchange in topology.exchanges:
        declare_exchange(channel, exchange)
    for queue in topology.queues:
        declare_queue(channel, queue)
    for binding in topology.bindings:
        with _Naming(f"binding of {binding.queue!r} to {binding.exchange!r}", remedy="declare both first"):
            channel.queue_bind(binding.queue, binding.exchange, binding.route)


class _Naming:
    """Turns the broker's refusal of one declaration into an error that names the thing and the way out."""

    def __init__(self, thing: str, *, remedy: str) -> None:
        self._thing, self._remedy = thing, remedy

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, PreconditionFailed):
            raise MisconfiguredError(
                f"{self._thing} exists at the broker with other properties ({describe(error)});"
                f" {self._remedy}, then declare again."
            ) from error
        if isinstance(error, ChannelError):
            raise MisconfiguredError(
                f"the broker refuses {self._thing} ({describe(error)}); give the user of BROKER_URL permission to configure,"
                " write and read it (rabbitmqctl set_permissions)."
            ) from error
