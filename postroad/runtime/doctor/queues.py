"""The broker: does it answer, has it what we rely on, does anybody consume our queues.  Not: messages.

Not looked at: bindings, which AMQP cannot ask for; `manage.py declare_channels` makes any that are missing.
"""

import time
from collections.abc import Callable, Iterator, Sequence

from postroad.errors import BrokerUnavailable
from postroad.messaging.broker import Broker, QueueState
from postroad.messaging.topology import Topology
from postroad.runtime.doctor.findings import Finding, failure, ok

BROKER, QUEUES, CONSUMERS = "broker", "queues", "consumers"
_MOST_NAMED = 4
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


def look_at_consumers(
    broker: Broker, topology: Topology, *, patience_seconds: float, pause: Callable[[float], None] = time.sleep
) -> Iterator[Finding]:
    """Count who consumes each queue; one that nobody consumes is looked at again, for workers may be sharing it out."""
    try:
        idle = _without_consumer(broker.inspect(topology).queues)
        if idle:
            pause(patience_seconds)
            idle = _without_consumer(broker.inspect(topology).queues)
    except BrokerUnavailable as error:
        yield failure(CONSUMERS, "the broker went away", remedy=str(error))
        return
    if idle:
        waiting = sum(state.messages for state in idle)
        yield failure(
            CONSUMERS,
            f"nobody consumes {len(idle)} of {len(topology.queues)} queues, in which {waiting} messages wait:"
            f" {_named([state.name for state in idle])}",
            remedy="start a worker of this service (celery -A config worker), or look why it does not get on (its log)",
        )
    else:
        yield ok(CONSUMERS, f"all {len(topology.queues)} queues are consumed")


def _without_consumer(states: Sequence[QueueState]) -> list[QueueState]:
    return [state for state in states if state.consumers == 0]


def _named(names: Sequence[str]) -> str:
    rest = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
