"""Bindings that an earlier release needed and this one does not: recorded in the database, removed at the broker.

AMQP cannot list bindings, so each release records those of event types.  A binding that only another release has
declared is removed, but never while a worker of such a release runs, which would get no more events of a type that it
handles.  Until then the binding does no harm: events of a type that no handler takes are ignored.
"""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import timedelta

from django.db import Error, transaction
from django.db.models import QuerySet

from postroad import clock
from postroad.composition import Postroad
from postroad.errors import PostroadError
from postroad.ids import digest
from postroad.logs import logger
from postroad.messaging.broker import Broker
from postroad.messaging.conf import MessagingSettings
from postroad.messaging.models import DeclaredBindings
from postroad.messaging.topology import Binding, ExchangeKind
from postroad.schema.describing import describe_error
from postroad.threads import close_own_connections

log = logger(__name__)


def name_of(parts: Postroad) -> str:
    """Return the services of a process as one word."""
    return ",".join(parts.services)


def digest_of(parts: Postroad) -> str:
    """Return a digest of the services and the bindings that they need."""
    return digest([name_of(parts), *("\t".join(astuple(binding)) for binding in _wanted(parts))])


def remember(parts: Postroad) -> None:
    """Record which bindings this release declares, and when.

    Raises:
        django.db.Error: The database does not answer, or lacks the table.
    """
    values = {
        "services": name_of(parts),
        "bindings": [list(astuple(binding)) for binding in _wanted(parts)],
        "declared_at": clock.now(),
    }
    DeclaredBindings.objects.update_or_create(digest=digest_of(parts), defaults=values)


def stale(parts: Postroad) -> list[Binding]:
    """Return the bindings that other releases of these services have declared and this one does not need.

    Raises:
        django.db.Error: As above.
    """
    return _unwanted(_others(parts), parts)


def remove_stale(broker: Broker, parts: Postroad, *, is_patient: bool = True) -> int:
    """Remove at the broker what only other releases have declared; return how many bindings are left for later.

    Args:
        broker: The broker.
        parts: What this release needs.
        is_patient: Whether to keep what was declared lately (STALE_BINDING_SECONDS): its release may be starting.

    Raises:
        django.db.Error: As above.
        BrokerUnavailable: The broker does not answer.
    """
    with transaction.atomic():
        rows = _others(parts).select_for_update()
        if is_patient:
            rows = rows.filter(
                declared_at__lte=clock.now() - timedelta(seconds=MessagingSettings.current().stale_binding_seconds)
            )
        chosen = list(rows)
        unwanted = _unwanted(chosen, parts)
        if unwanted:
            broker.unbind(unwanted)
            log.warning("bindings removed that no handler needs", extra={"bindings": len(unwanted)})
        DeclaredBindings.objects.filter(pk__in=[row.pk for row in chosen]).delete()
    return len(stale(parts))


def settle(broker: Broker, parts: Postroad, *, may_remove: bool) -> bool:
    """Record the bindings, and remove stale ones if allowed; return whether none is left.  Runs in a thread of its own.

    Never raises for a database or broker that does not answer: stale bindings do no harm, their events are ignored.
    """
    try:
        remember(parts)
        return not (remove_stale(broker, parts) if may_remove else stale(parts))
    except (Error, PostroadError) as error:
        log.warning(
            "bindings of other releases could not be checked",
            extra={"error": describe_error(error) if isinstance(error, Error) else str(error)},
        )
        return False
    finally:
        close_own_connections()


def _wanted(parts: Postroad) -> list[Binding]:
    """Return the bindings of event types; those of command channels stay for as long as their exchanges."""
    topics = {exchange.name for exchange in parts.topology.exchanges if exchange.kind is ExchangeKind.TOPIC}
    return [binding for binding in parts.topology.bindings if binding.exchange in topics]


def _others(parts: Postroad) -> "QuerySet[DeclaredBindings]":
    return DeclaredBindings.objects.filter(services=name_of(parts)).exclude(digest=digest_of(parts))


def _unwanted(rows: "QuerySet[DeclaredBindings] | Sequence[DeclaredBindings]", parts: Postroad) -> list[Binding]:
    declared = {Binding(exchange=one[0], queue=one[1], route=one[2]) for row in rows for one in row.bindings}
    return sorted(declared.difference(_wanted(parts)), key=astuple)
