"""Which checks apply to this process: the gateway and the registry have no database and no queues."""

from collections.abc import Sequence
from functools import partial

from postroad.brokers.registry import broker_for
from postroad.calls.discovery.resolver import Resolver
from postroad.composition import Postroad
from postroad.messaging.conf import MessagingSettings
from postroad.operations.doctor import database, queues, relay, siblings
from postroad.operations.doctor.examination import Check
from postroad.operations.doctor.findings import ok
from postroad.processes import bindings
from postroad.secrecy import hide_password
from postroad.worker.conf import WorkerSettings
from postroad.worker.tasks import tasks_queue, tell_way_out

_LATE = 2.0
"""Times the longest wait for a failing destination: until then the relay may only be waiting for its next attempt."""


def checks(settings: MessagingSettings, parts: Postroad, resolver: Resolver, *, others: Sequence[str]) -> list[Check]:
    """Return the checks in the order of the report.

    Args:
        settings: Of this process.
        parts: Its services; none in a gateway or registry.
        resolver: Finds the others.
        others: Services to ask.
    """
    own = _own(settings, parts) if parts.services else []
    return own + [
        Check(about=f"sibling {name}", look=partial(siblings.look_at_sibling, name, resolver))
        for name in _siblings(settings.service, parts, others)
    ]


def _own(settings: MessagingSettings, parts: Postroad) -> list[Check]:
    look_at_relay = partial(
        relay.look_at_relay,
        late_seconds=_LATE * settings.relay_retry_ceiling_seconds,
        has_process=bool(settings.service),
    )
    return [
        Check(about=database.DATABASE, look=database.look_at_answer),
        Check(about=database.MIGRATIONS, look=database.look_at_migrations, needs=(database.DATABASE,)),
        Check(about=database.CLOCK, look=database.look_at_clock, needs=(database.DATABASE,)),
        *_broker(settings, parts),
        Check(about=relay.RELAY, look=look_at_relay, needs=(database.DATABASE,)),
    ]


def _broker(settings: MessagingSettings, parts: Postroad) -> list[Check]:
    place, broker = hide_password(settings.broker_url), broker_for(settings.broker_url)
    if not broker.is_durable:
        lives = f"{place} lives inside the process that runs everything; there is nothing to ask"
        return [Check(about=queues.BROKER, look=lambda: [ok(queues.BROKER, lives)])]
    return [
        Check(about=queues.BROKER, look=partial(queues.look_at_broker, broker, parts.topology, place=place)),
        Check(
            about=queues.TASKS,
            look=partial(queues.look_at_tasks, broker, tasks_queue(), way_out=tell_way_out(tasks_queue().name)),
            needs=(queues.BROKER,),
        ),
        Check(
            about=queues.BINDINGS,
            look=partial(queues.look_at_bindings, partial(bindings.stale, parts)),
            needs=(database.DATABASE,),
        ),
        Check(
            about=queues.CONSUMERS,
            look=partial(
                queues.look_at_consumers,
                broker,
                parts.topology,
                patience_seconds=2 * WorkerSettings.current().balance_seconds,
            ),
            needs=(queues.BROKER, queues.QUEUES),
        ),
    ]


def _siblings(service: str, parts: Postroad, others: Sequence[str]) -> list[str]:
    return [name for name in dict.fromkeys(others) if name not in parts.services and name != service]
