"""Transactional messaging, sagas and resilient calls for Django services: what the author of a service imports.

    from postroad import CommandHandlers, Message, command, publish

Public are the names of `__all__` below, `postroad.testing`, `postroad.errors` and `postroad.clock`, and what the guides name in
settings, URLs and commands.  Everything else is private, and may change in any release.  A name is loaded when it is first used,
so that a service's `messages.py` can be imported without Django.

The layers: what stands higher imports what stands lower, never the other way round.

    .. layers
    21  testing      Test support: sagas as stories, one message at a time, a pump instead of processes, conformance suites
    20  management   The commands of `manage.py`
        apps
    19  console      The Django admin of messages and sagas
    18  checks       System checks (`manage.py check`) of projects that use Postroad
    17  operations   For operators: health checks of an installation, and its release on Kubernetes
    16  worker       Message handlers inside Celery workers
    15  processes    What runs besides web server and Celery: relay, gRPC server, one-process mode
    14  composition
    13  web          The web server of the processes, probes and deadlines of requests
    12  metrics      Metrics for Prometheus
    11  tables
    10  sagas        Sagas: a business transaction over several services, with compensations
     9  commands     Commands and replies: one service asks another to act, and receives the reply later
        events       Domain events: a service publishes what happened, and subscribers react to it
        brokers      Adapters of brokers: they implement one port and pass one conformance suite
        calls        Calls to other services: an interface, one policy, REST or gRPC
     8  envelopes, handling
     7  messaging    Outbox, relay and inbox: messages as bytes, from one transaction to another
        codecs       Codecs of message bodies: typed values to bytes and back
     6  schema       The database schema: whether all migrations are applied, the lock of a migration, and waiting for it
        logs
     5  retry, conf
     4  conf_readers
     3  installation
     2  extras
     1  errors, clock, ids, context, threads, secrecy, observers
    .. end of layers
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from postroad.calls.client import client_of
    from postroad.calls.declaration import delete, get, head, patch, post, proxy, put
    from postroad.calls.fallback import cached, default, degraded, error, omitted
    from postroad.calls.grpc.answering import connected
    from postroad.calls.grpc.servicer import Servicer
    from postroad.codecs.types import Message, Money, NonEmpty, NonNegative, Positive, Sensitive, Text
    from postroad.commands.handlers import CommandHandlers
    from postroad.commands.messages import Done, Rejected, command, refusal, reply
    from postroad.commands.refusals import refuse
    from postroad.commands.sender import send
    from postroad.context import current
    from postroad.events.handlers import EventHandlers
    from postroad.events.messages import event
    from postroad.events.publisher import publish
    from postroad.events.snapshots import Snapshot, Snapshots
    from postroad.messaging.channels import CommandChannel, EventChannel
    from postroad.messaging.outbox.producer import unit_of_work
    from postroad.sagas.definition import Saga
    from postroad.sagas.execution import Direction
    from postroad.sagas.history import SagaHistory, SagaHistoryStep, find_saga_history
    from postroad.sagas.orchestrator import start_saga
    from postroad.sagas.steps import SagaData, Step
    from postroad.sagas.waiting import waiting
    from postroad.worker.install import install_consumers, install_task_queue

__all__ = [
    "CommandChannel",
    "CommandHandlers",
    "Direction",
    "Done",
    "EventChannel",
    "EventHandlers",
    "Message",
    "Money",
    "NonEmpty",
    "NonNegative",
    "Positive",
    "Rejected",
    "Saga",
    "SagaData",
    "SagaHistory",
    "SagaHistoryStep",
    "Sensitive",
    "Servicer",
    "Snapshot",
    "Snapshots",
    "Step",
    "Text",
    "cached",
    "client_of",
    "command",
    "connected",
    "current",
    "default",
    "degraded",
    "delete",
    "error",
    "event",
    "find_saga_history",
    "get",
    "head",
    "install_consumers",
    "install_task_queue",
    "omitted",
    "patch",
    "post",
    "proxy",
    "publish",
    "put",
    "refusal",
    "refuse",
    "reply",
    "send",
    "start_saga",
    "unit_of_work",
    "waiting",
]

_MODULES = {
    "CommandChannel": "postroad.messaging.channels",
    "CommandHandlers": "postroad.commands.handlers",
    "Direction": "postroad.sagas.execution",
    "Done": "postroad.commands.messages",
    "EventChannel": "postroad.messaging.channels",
    "EventHandlers": "postroad.events.handlers",
    "Message": "postroad.codecs.types",
    "Money": "postroad.codecs.types",
    "NonEmpty": "postroad.codecs.types",
    "NonNegative": "postroad.codecs.types",
    "Positive": "postroad.codecs.types",
    "Rejected": "postroad.commands.messages",
    "Saga": "postroad.sagas.definition",
    "SagaData": "postroad.sagas.steps",
    "SagaHistory": "postroad.sagas.history",
    "SagaHistoryStep": "postroad.sagas.history",
    "Sensitive": "postroad.codecs.types",
    "Servicer": "postroad.calls.grpc.servicer",
    "Snapshot": "postroad.events.snapshots",
    "Snapshots": "postroad.events.snapshots",
    "Step": "postroad.sagas.steps",
    "Text": "postroad.codecs.types",
    "cached": "postroad.calls.fallback",
    "client_of": "postroad.calls.client",
    "command": "postroad.commands.messages",
    "connected": "postroad.calls.grpc.answering",
    "current": "postroad.context",
    "default": "postroad.calls.fallback",
    "degraded": "postroad.calls.fallback",
    "delete": "postroad.calls.declaration",
    "error": "postroad.calls.fallback",
    "event": "postroad.events.messages",
    "find_saga_history": "postroad.sagas.history",
    "get": "postroad.calls.declaration",
    "head": "postroad.calls.declaration",
    "install_consumers": "postroad.worker.install",
    "install_task_queue": "postroad.worker.install",
    "omitted": "postroad.calls.fallback",
    "patch": "postroad.calls.declaration",
    "post": "postroad.calls.declaration",
    "proxy": "postroad.calls.declaration",
    "publish": "postroad.events.publisher",
    "put": "postroad.calls.declaration",
    "refusal": "postroad.commands.messages",
    "refuse": "postroad.commands.refusals",
    "reply": "postroad.commands.messages",
    "send": "postroad.commands.sender",
    "start_saga": "postroad.sagas.orchestrator",
    "unit_of_work": "postroad.messaging.outbox.producer",
    "waiting": "postroad.sagas.waiting",
}


if not TYPE_CHECKING:  # else every name would be known to type checkers

    def __getattr__(name: str) -> Any:
        """Load a public name (PEP 562)."""
        if name not in _MODULES:
            raise AttributeError(f"module 'postroad' has no public name {name!r}")
        value = getattr(import_module(_MODULES[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
