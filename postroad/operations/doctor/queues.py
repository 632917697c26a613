"""Checks of the broker: connection, exchanges and queues, consumers.

Not looked at: missing bindings, which AMQP cannot ask for; `manage.py declare_channels` makes them.  Bindings that no
handler wants are known from the database, where every release writes down what it binds.
"""

import time
from collections.abc import Callable, Iterator, Sequence

from django.db import Error

from postroad.errors import BrokerUnavailable
from postroad.messaging.broker import Broker, QueueState
from postroad.messaging.topology import Binding, Queue, Topology
from postroad.operations.doctor.findings import Finding, failure, ok, warning

BROKER, QUEUES, TASKS, BINDINGS, CONSUMERS = "broker", "queues", "tasks", "bindings", "consumers"
_MAX_NAMED = 4
_DECLARE = "run: python manage.py declare_channels"


def look_at_broker(broker: Broker, topology: Topology, *, place: str) -> Iterator[Finding]:
    """Ask the broker for every exchange and queue that this service declares."""
    began = time.monotonic()
    try:
        found = broker.inspect(topology)
    except BrokerUnavailable as error:
        yield failure(BROKER, f"{place} does not answer", remedy=str(error))
        return
    count = len(topology.exchanges) + len(topology.queues)
    yield ok(BROKER, f"{place} answers {count} questions in {(time.monotonic() - began) * 1000:.0f} ms")
    if found.missing:
        yield failure(QUEUES, f"{len(found.missing)} of {count} missing: {_named(found.missing)}", remedy=_DECLARE)
    for sentence in found.differing:
        what, _, remedy = sentence.partition("; ")
        yield failure(QUEUES, what, remedy=remedy)
    if not found.missing and not found.differing:
        yield ok(QUEUES, f"{len(topology.exchanges)} exchanges and {len(topology.queues)} queues are there as declared")


def look_at_tasks(broker: Broker, queue: Queue, *, way_out: str) -> Iterator[Finding]:
    """Check whether the queue of Celery's tasks has a dead-letter queue; a queue that does not exist yet is no finding.

    Args:
        broker: Where.
        queue: As it is declared when it is missing.
        way_out: What to do about one of an earlier release.
    """
    try:
        differing = broker.inspect(Topology(queues=(queue,))).differing
    except BrokerUnavailable as error:
        yield failure(TASKS, "the connection to the broker was lost", remedy=str(error))
        return
    if differing:
        yield warning(TASKS, f"queue {queue.name!r} has other arguments than a new one would have", remedy=way_out)


def look_at_bindings(stale: Callable[[], Sequence[Binding]]) -> Iterator[Finding]:
    """Look for bindings of earlier releases that no handler here needs; their events arrive and are ignored."""
    try:
        found = stale()
    except Error as error:
        yield failure(BINDINGS, f"cannot be read: {str(error).partition(chr(10))[0]}", remedy="run: manage.py migrate")
        return
    if found:
        types = sorted({f"{one.route.partition('.')[2]} ({one.queue.rpartition('.')[0]})" for one in found})
        yield warning(
            BINDINGS,
            f"{len(found)} bindings of other releases that no handler here wants: {_named(types)}",
            remedy="workers remove them some minutes after the last one of another release has ended;"
            " at once: python manage.py declare_channels --prune",
        )
    else:
        yield ok(BINDINGS, "none is left of another release")


def look_at_consumers(
    broker: Broker, topology: Topology, *, patience_seconds: float, pause: Callable[[float], None] = time.sleep
) -> Iterator[Finding]:
    """Count the consumers of each queue; a queue without one is checked again, because workers may be redistributing it."""
    try:
        idle = _without_consumer(broker.inspect(topology).queues)
        if idle:
            pause(patience_seconds)
            idle = _without_consumer(broker.inspect(topology).queues)
    except BrokerUnavailable as error:
        yield failure(CONSUMERS, "the connection to the broker was lost", remedy=str(error))
        return
    if idle:
        waiting = sum(state.messages for state in idle)
        yield failure(
            CONSUMERS,
            f"{len(idle)} of {len(topology.queues)} queues have no consumer; {waiting} messages wait in them:"
            f" {_named([state.name for state in idle])}",
            remedy="start a worker of this service (celery -A config worker), or check its log for the reason why it makes no progress",
        )
    else:
        yield ok(CONSUMERS, f"all {len(topology.queues)} queues are consumed")


def _without_consumer(states: Sequence[QueueState]) -> list[QueueState]:
    return [state for state in states if state.consumers == 0]


def _named(names: Sequence[str]) -> str:
    rest = len(names) - _MAX_NAMED
    return ", ".join(names[:_MAX_NAMED]) + (f" and {rest} more" if rest > 0 else "")
