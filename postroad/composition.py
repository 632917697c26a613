"""The composition root: reads each service's `handlers.py` and puts the parts together.  Nothing else knows everything.

A service is a Django application with a `handlers` module that has any of

    COMMANDS = CommandHandlers(…)          or None
    EVENTS   = (EventHandlers(…), …)
    SAGAS    = (SagaHandlers(…), …)
    SNAPSHOTS = (Snapshots(…), …)

Its name is the setting SERVICE, or else the application's label.
"""

import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from types import ModuleType

from django.apps import apps

from postroad.commands.dispatcher import CommandDispatcher
from postroad.commands.handlers import CommandHandlers
from postroad.commands.messages import command_description
from postroad.conf import settings
from postroad.errors import InvalidDeclaration
from postroad.events.dispatcher import EventDispatcher
from postroad.events.handlers import EventHandlers
from postroad.events.messages import event_description
from postroad.events.snapshots import SnapshotDispatcher, Snapshots, requests_queue
from postroad.messaging import topology as topologies
from postroad.messaging.channels import EventChannel, ReplyChannel
from postroad.messaging.inbox.pipeline import Subscription
from postroad.messaging.topology import Topology
from postroad.sagas import catalog
from postroad.sagas.dispatcher import ReplyDispatcher
from postroad.sagas.handlers import SagaHandlers
from postroad.sagas.participant import Participant


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service's tables of handlers.

    Attributes:
        name: The service's name, the first part of its channels' names.
        publishes: Event channels of its own, whose exchanges exist before the first subscriber.
    """

    name: str
    commands: CommandHandlers | None = None
    events: tuple[EventHandlers, ...] = ()
    sagas: tuple[SagaHandlers, ...] = ()
    snapshots: tuple[Snapshots, ...] = ()
    publishes: tuple[EventChannel, ...] = ()


@dataclass(slots=True, kw_only=True)
class Platform:
    """Everything a process knows of its services.

    Attributes:
        services: Their names.
        subscriptions: Subscriber → what handles its messages.
        topology: Exchanges, queues and bindings they need.
        queues: Physical queue → subscriber; a dead-letter queue is its own subscriber.
        sagas: What they orchestrate.
        replicas: Subscriber → the events it keeps, for those that can ask for snapshots.
    """

    services: tuple[str, ...] = ()
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    topology: Topology = field(default_factory=Topology)
    sagas: list[catalog.Entry] = field(default_factory=list)
    replicas: dict[str, EventHandlers] = field(default_factory=dict)

    @property
    def queues(self) -> Mapping[str, str]:
        """Physical queue → subscriber."""
        return {queue.name: queue.subscriber for queue in self.topology.queues}

    def add(self, service: Service) -> None:
        """Take a service's tables in.

        Raises:
            InvalidDeclaration: Two subscribers have the same name.
        """
        self.services += (service.name,)
        self.topology += topologies.dead_letters(service.name)
        for channel in service.publishes:
            self.topology += topologies.event_exchange(channel)
        if service.commands is not None:
            handle = (Participant if service.commands.locks else CommandDispatcher)(service.commands)
            channel_name = service.commands.channel.name
            self._subscribe(
                Subscription(subscriber=channel_name, service=service.name, handle=handle, check=handle.check)
            )
            self.topology += topologies.command_queues(service.commands.channel, service=service.name)
        for table in service.events:
            self._add_events(service, table)
        if service.sagas:
            self._add_sagas(service)
        if service.snapshots:
            name = requests_queue(service.name)
            dispatcher = SnapshotDispatcher(service.snapshots)
            self._subscribe(Subscription(subscriber=name, service=service.name, handle=dispatcher))
            self.topology += topologies.requests(name, service=service.name)

    def _add_events(self, service: Service, table: EventHandlers) -> None:
        handle = EventDispatcher(table)
        self._subscribe(
            Subscription(subscriber=table.subscriber, service=service.name, handle=handle, check=handle.check)
        )
        self.replicas[table.subscriber] = table
        types = [event_description(message).name for message in table.handlers]
        self.topology += topologies.subscription(
            table.of, subscriber=table.subscriber, service=service.name, types=types
        )

    def _add_sagas(self, service: Service) -> None:
        replies = ReplyChannel(service.name, settings().reply_shards)
        self.sagas += [catalog.Entry(handlers=handlers, replies=replies) for handlers in service.sagas]
        definitions = [handlers.saga for handlers in service.sagas]
        handle = ReplyDispatcher(definitions)
        self._subscribe(Subscription(subscriber=replies.name, service=service.name, handle=handle, check=handle.check))
        self.topology += topologies.replies(replies)
        for saga in definitions:
            for command in saga.commands():
                self.topology += topologies.command_exchanges(command_description(command).channel)

    def _subscribe(self, subscription: Subscription) -> None:
        if subscription.subscriber in self.subscriptions:
            raise InvalidDeclaration(f"two tables have the subscriber name {subscription.subscriber!r}; rename one.")
        self.subscriptions[subscription.subscriber] = subscription


def compose(services: Iterable[Service]) -> Platform:
    """Put services together into one platform."""
    made = Platform()
    for service in services:
        made.add(service)
    return made


@lru_cache(maxsize=1)
def platform() -> Platform:
    """Return the platform of this process: all installed services, put together once.

    Raises:
        InvalidDeclaration: A table contradicts itself or another one.
    """
    services = [_read(module, label) for label, module in _handler_modules()]
    made = compose(service for service in services if service is not None)
    catalog.install(made.sagas)
    return made


def _handler_modules() -> list[tuple[str, ModuleType]]:
    found = []
    for application in apps.get_app_configs():
        name = f"{application.name}.handlers"
        if importlib.util.find_spec(name) is not None:
            found.append((application.label, import_module(name)))
    return found


def _read(module: ModuleType, label: str) -> Service | None:
    commands, events, sagas = (getattr(module, name, None) for name in ("COMMANDS", "EVENTS", "SAGAS"))
    snapshots = getattr(module, "SNAPSHOTS", ())
    if not any(isinstance(table, CommandHandlers | tuple | EventHandlers) for table in (commands, events, sagas)):
        return None
    return Service(
        name=settings().service or label,
        commands=commands,
        events=(events,) if isinstance(events, EventHandlers) else tuple(events or ()),
        sagas=tuple(sagas or ()),
        snapshots=tuple(snapshots),
        publishes=_published(module),
    )


def _published(module: ModuleType) -> tuple[EventChannel, ...]:
    """Return the event channels that the service's own `messages.py` declares."""
    name = f"{module.__name__.rpartition('.')[0]}.messages"
    if importlib.util.find_spec(name) is None:
        return ()
    values = vars(import_module(name)).values()
    return tuple(value for value in values if isinstance(value, EventChannel))
