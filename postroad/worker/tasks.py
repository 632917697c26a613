"""Ordinary Celery tasks beside the handlers: their queue, and what Celery cannot read in it.

Celery trusts the messages in its queues: one that it does not understand may raise an exception in its consumer, which
ends the worker, then the next worker, and so all message handling of the service.  This module rejects such a message:
the broker moves it to the service's dead-letter queue, from which it is collected like any other.
"""

import math
from collections.abc import Callable
from typing import Any

import amqp
from amqp.exceptions import PreconditionFailed
from kombu.entity import Queue
from typing_extensions import override

from postroad.brokers.rabbitmq.connection import describe
from postroad.brokers.rabbitmq.declare import queue_arguments
from postroad.conf import CoreSettings
from postroad.logs import logger
from postroad.messaging import topology

log = logger(__name__)

_LIMITS = 2  # hard, soft


class TaskQueue(Queue):
    """The default queue of tasks, with a dead-letter queue and a delivery limit; one made without stays as it is.

    The broker refuses a declaration that differs from the existing queue (406).  Senders and workers of two releases must
    not fail because of that, so a queue of an earlier release is used as it is, with a warning that names the way out.
    """

    @override
    def queue_declare(self, nowait: bool = False, passive: bool = False, channel: Any = None) -> Any:
        """Declare it, on a channel of its own, because a refusal closes the channel; on Redis there is neither."""
        channel = channel or self.channel
        if passive or not isinstance(channel, amqp.Channel):
            return super().queue_declare(nowait=nowait, passive=passive, channel=channel)  # type: ignore[no-untyped-call]  # kombu has few types
        with channel.connection.channel() as own:
            try:
                return super().queue_declare(nowait=nowait, channel=own)  # type: ignore[no-untyped-call]  # as above
            except PreconditionFailed as error:
                log.warning(tell_way_out(self.name), extra={"error": describe(error)})
        return super().queue_declare(passive=True, channel=channel)  # type: ignore[no-untyped-call]  # as above


def tasks_queue() -> topology.Queue:
    """Return the default queue of this process's tasks."""
    service = CoreSettings.current().service or "postroad"
    name = f"{service}.tasks"
    return topology.Queue(name=name, subscriber=name, dead_queue=topology.dead_queue(service), is_ordered=False)


def tell_way_out(name: str) -> str:
    """Return what to do about a queue of tasks that has been made without dead-letter queue and delivery limit."""
    arguments = queue_arguments(tasks_queue())
    policy = (
        f'{{"dead-letter-exchange":"","dead-letter-routing-key":"{arguments["x-dead-letter-routing-key"]}",'
        f'"delivery-limit":{arguments["x-delivery-limit"]}}}'
    )
    return (
        f"queue {name!r} exists with other arguments and stays as it is: task messages that cannot be read are dropped;"
        f" run: rabbitmqctl set_policy --apply-to queues {name} '^{name}$' '{policy}'"
        " - or delete the queue once it is empty and no process of an earlier release runs"
    )


def use_task_queue(conf: Any) -> None:
    """Give tasks that queue in a Celery configuration, unless the application chose queues of its own."""
    queue = tasks_queue()
    if not conf.task_queues and (conf.task_default_queue, conf.task_default_queue_type) == (queue.name, "quorum"):
        made = TaskQueue(queue.name, durable=True, queue_arguments=queue_arguments(queue))  # type: ignore[no-untyped-call]  # as above
        conf.task_queues = (made,)


def refuse(message: Any, error: BaseException) -> None:
    """Reject a message that could not be read, unless it is settled already.

    Raises:
        OSError, AMQPError: The connection is lost; the message comes again.
    """
    info = message.delivery_info
    log.error(
        "task message cannot be read; rejected",
        extra={
            "routing_key": info.get("routing_key"),
            "task": str(message.headers.get("task"))[:100],
            "task_id": str(message.headers.get("id"))[:100],
            "error": f"{type(error).__name__}: {error}"[:300],
        },
    )
    is_settled = message.acknowledged or info.get("consumer_tag") in message.channel.no_ack_consumers
    if not is_settled:
        message.reject()
        message.ack = message.reject = _settle_no_more  # Celery may have put one of them off to its next turn


def _settle_no_more(**_: Any) -> None:
    """Do nothing: the broker has been told."""


class PoolGate:
    """Checks requests before they go to a worker's pool: one with values that the pool cannot use is rejected, and its slot freed.

    Celery checks neither time limits nor stamps of a request, and a slot lost by an error stays lost.
    """

    def __init__(self, controller: Any) -> None:
        self._process: Callable[[Any], None] = controller._process_task  # noqa: SLF001 - Celery has no hook here
        self._release: Callable[[], None] = getattr(controller, "_quick_release", lambda: None)
        controller._process_task = self  # noqa: SLF001 - looked up at each task

    def __call__(self, request: Any) -> None:
        """Give a request to the pool."""
        try:
            _check_limits(request.time_limits)
            self._process(request)
        except Exception as error:  # noqa: BLE001 - whatever it was, the worker and its slot must not be lost
            self._release()
            refuse(request.message, error)


def _check_limits(limits: Any) -> None:
    if not isinstance(limits, list | tuple) or len(limits) != _LIMITS:
        raise ValueError(f"time limits {limits!r:.100} are no pair")
    for limit in limits:
        is_number = isinstance(limit, int | float) and not isinstance(limit, bool)
        if limit is not None and not (is_number and math.isfinite(limit) and limit >= 0):
            raise ValueError(f"time limit {limit!r:.100} is no number of seconds")
