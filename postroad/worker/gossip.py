"""Celery's gossip, which survives events that it cannot read.  See also: `members`, for who shares the queues.

Anybody on the virtual host may publish events; one that Celery cannot read raises in its consumer and ends the worker.
"""

from typing import Any

from celery.worker.consumer import gossip
from typing_extensions import override

from postroad.brokers.rabbitmq.connection import LOST
from postroad.logs import logger

log = logger(__name__)


class Gossip(gossip.Gossip):  # type: ignore[misc]  # celery has no types
    """Drops events that cannot be read; nothing is lost, because workers repeat their events."""

    @override
    def get_consumers(self, channel: Any) -> Any:
        """Return the consumer of events; it drops what it cannot decode."""
        consumers = super().get_consumers(channel)
        for consumer in consumers:
            consumer.on_decode_error = _drop
        return consumers

    @override
    def on_message(self, prepare: Any, message: Any) -> None:
        try:
            super().on_message(prepare, message)
        except LOST:
            raise
        except Exception as error:  # noqa: BLE001 - whatever somebody else sends, this worker goes on
            _drop(message, error)


def _drop(message: Any, error: Exception) -> None:
    log.warning(
        "event cannot be read; dropped",
        extra={"routing_key": message.delivery_info.get("routing_key"), "error": f"{type(error).__name__}"},
    )
