"""Moves the queue of one partition away from the pod that serves it.  See also: `postroad.worker.balance`, which distributes the queues.

The workers of a service share its queues by a table that each of them computes from the workers that announce themselves.  A queue
is therefore moved by evicting the pod that serves it: the worker finishes its job and hands its messages back, and the others
compute the table without it and continue with its queues.  The deployment starts a new pod, which has another name and therefore
gets other queues.  All queues of the evicted pod move; a queue can go to any of the remaining pods.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from celery import Celery
from kombu.messaging import Consumer

from postroad.brokers.rabbitmq.connection import CONNECT_SECONDS, LOST, celery_broker, describe
from postroad.errors import BrokerUnavailable, ClusterRefused
from postroad.messaging.conf import MessagingSettings
from postroad.operations.cluster.port import Cluster, Pod
from postroad.worker.members import ROUTE, SAY_SECONDS, Announcement

Serving = Mapping[str, Announcement]
"""Node name of a worker (`kitchen@<pod>`) → its announcement."""

LISTEN_SECONDS = SAY_SECONDS + 1.0
HANDOVER_SECONDS = 60.0
"""Maximum time for a pod to end (its grace period is shorter); the others take over within `BALANCE_SECONDS`."""

_HOST_NAME = 63  # characters of a pod's name that its host name keeps


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedQueue:
    """A queue and who serves it.

    Attributes:
        node: The worker's node name.
        service: Its service.
        pod: The pod it runs in.
        others: Workers of the same service that could take it over.
    """

    queue: str
    node: str
    service: str
    pod: str
    others: Sequence[str]


def ask_workers() -> Serving:
    """Listen to the announcements of all workers at the broker; takes `LISTEN_SECONDS`.

    Raises:
        BrokerUnavailable: The broker cannot be reached at BROKER_URL.
        MisconfiguredError: It is not RabbitMQ.
    """
    app = Celery("postroad-operator", set_as_current=False)
    app.conf.update(celery_broker(MessagingSettings.current().broker_url))
    try:
        with app.connection_for_write(connect_timeout=CONNECT_SECONDS) as connection:
            connection.connect()  # once; by default Celery would try for ever
            return _listen(app, connection)
    except LOST as error:
        raise BrokerUnavailable(
            f"the workers cannot be asked which queues they serve ({describe(error)}); ask where BROKER_URL is reached:"
            " kubectl exec deploy/<release>-<service>-web -- python manage.py cluster move-partition …"
        ) from error
    finally:
        app.close()


def _listen(app: Celery, connection: Any) -> Serving:
    heard: dict[str, Announcement] = {}

    def hear(event: object, _message: object) -> None:
        with suppress(ValueError):  # anybody may publish events
            said = Announcement.read(event)
            heard[said.node] = said

    channel = connection.channel()
    receiver = app.events.Receiver(channel, routing_key=ROUTE)
    until = time.monotonic() + LISTEN_SECONDS
    with Consumer(  # type: ignore[no-untyped-call]  # kombu has few types
        channel,
        queues=[receiver.queue],
        callbacks=[hear],
        on_decode_error=lambda *_: None,
        accept=receiver.accept,
        no_ack=True,
    ):
        while (left := until - time.monotonic()) > 0:
            with suppress(TimeoutError):
                connection.drain_events(timeout=left)
    return {node: said for node, said in heard.items() if not said.is_leaving}


def find(queue: str, serving: Serving, pods: Sequence[Pod]) -> ServedQueue:
    """Return who serves a queue.

    Raises:
        ClusterRefused: No worker serves it, or none in a pod of this release.
    """
    node = next((name for name, said in serving.items() if queue in said.queues), "")
    if not node:
        known = ", ".join(sorted({name for said in serving.values() for name in said.queues})) or "none"
        raise ClusterRefused(f"no worker serves {queue!r}; those that answered serve: {known}.")
    host = node.partition("@")[2].partition(".")[0]
    pod = next((pod.name for pod in pods if pod.name[:_HOST_NAME].rstrip("-") == host), "")
    if not pod:
        raise ClusterRefused(f"{queue!r} is served by {node}, which is no pod of this release; is it the right one?")
    own = serving[node]
    others = [name for name, said in serving.items() if name != node and said.topology == own.topology]
    return ServedQueue(queue=queue, node=node, service=own.service, pod=pod, others=others)


def move(cluster: Cluster, served: ServedQueue, *, ask: Callable[[], Serving] = ask_workers) -> str:
    """Move a queue to another pod; return the node that serves it then.

    Raises:
        ClusterRefused: No other worker could take it, the disruption budget forbids it, or no worker took it in time.
    """
    if not served.others:
        raise ClusterRefused(
            f"{served.node} is the only worker of its service: until another one is up, no worker would serve {served.queue}."
            f" Start a second one first: manage.py cluster scale {served.service} worker 2"
        )
    cluster.evict(served.pod)
    until = time.monotonic() + HANDOVER_SECONDS
    while time.monotonic() < until:
        for node, said in ask().items():
            if node != served.node and served.queue in said.queues:
                return node
    raise ClusterRefused(
        f"{served.pod} was evicted, but no worker has taken {served.queue} over within {HANDOVER_SECONDS:g} s;"
        " see: manage.py cluster status"
    )
