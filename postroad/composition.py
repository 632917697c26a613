"""Builds the `Postroad` object from the tables of all services of this process.  See also: `tables`, which reads them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.apps import apps
from django.utils.module_loading import import_string

from postroad import installation
from postroad.commands.dispatcher import CommandDispatcher
from postroad.commands.handlers import CommandHandlers
from postroad.commands.messages import command_description
from postroad.conf import CoreSettings
from postroad.errors import InvalidDeclaration
from postroad.events.dispatcher import EventDispatcher
from postroad.events.handlers import EventHandlers
from postroad.events.messages import event_description
from postroad.events.snapshots import SnapshotDispatcher, requests_queue
from postroad.messaging import topology as topologies
from postroad.messaging.channels import ReplyChannel
from postroad.messaging.conf import MessagingSettings
from postroad.messaging.inbox.pipeline import Subscription
from postroad.messaging.retention import Expiring
from postroad.messaging.topology import Topology
from postroad.sagas.catalog import Entry, SagaCatalog
from postroad.sagas.dispatcher import ReplyDispatcher
from postroad.sagas.orchestrator import Orchestrator
from postroad.sagas.participants.dispatcher import Participant
from postroad.tables import Service, installed_services


@dataclass(slots=True, kw_only=True)
class Postroad:
    """The services of a process.

    Attributes:
        services: Their names.
        subscriptions: Subscriber → subscription, which has the handler of its messages.
        topology: The exchanges, queues and bindings that they need.
        queues: Physical queue → subscriber; a dead-letter queue is its own subscriber.
        commands: Their tables of commands, one for each channel.
        sagas: The sagas that they orchestrate.
        replicas: Subscriber → its events, for subscribers that can request snapshots.
        expiring: The kinds of rows that relay processes delete after a retention time.
    """

    services: tuple[str, ...] = ()
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    topology: Topology = field(default_factory=Topology)
    commands: list[CommandHandlers] = field(default_factory=list)
    sagas: SagaCatalog = field(default_factory=SagaCatalog)
    replicas: dict[str, EventHandlers] = field(default_factory=dict)
    expiring: tuple[Expiring, ...] = ()

    @property
    def queues(self) -> Mapping[str, str]:
        """Physical queue → subscriber."""
        return {queue.name: queue.subscriber for queue in self.topology.queues}

    def add(self, service: Service) -> None:
        """Add a service's tables.

        Raises:
            InvalidDeclaration: Two subscribers have the same name.
        """
        self.services += (service.name,)
        for channel in service.publishes:
            self.topology += topologies.event_exchange(channel)
        if service.is_subscribed:
            self.topology += topologies.dead_letters(service.name)
        for table in service.commands:
            self._add_commands(service, table)
        for table_of_events in service.events:
            self._add_events(service, table_of_events)
        if service.sagas:
            self._add_sagas(service)
        if service.snapshots:
            name = requests_queue(service.name)
            dispatcher = SnapshotDispatcher(service.snapshots)
            self._subscribe(Subscription(subscriber=name, service=service.name, handle=dispatcher))
            self.topology += topologies.requests(name, service=service.name)

    def _add_commands(self, service: Service, table: CommandHandlers) -> None:
        handle = (Participant if table.locks else CommandDispatcher)(table)
        name = table.channel.name
        self.commands.append(table)
        self._subscribe(Subscription(subscriber=name, service=service.name, handle=handle, check=handle.check))
        self.topology += topologies.command_queues(table.channel, service=service.name)

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
        replies = ReplyChannel(service.name, MessagingSettings.current().reply_shards)
        for saga in service.sagas:
            self.sagas.add(Entry(saga=saga, replies=replies))
        handle = ReplyDispatcher(service.sagas, Orchestrator(self.sagas))
        self._subscribe(Subscription(subscriber=replies.name, service=service.name, handle=handle, check=handle.check))
        self.topology += topologies.replies(replies)
        for saga in service.sagas:
            for command in saga.commands():
                self.topology += topologies.command_exchanges(command_description(command).channel)

    def _subscribe(self, subscription: Subscription) -> None:
        if subscription.subscriber in self.subscriptions:
            services = sorted({self.subscriptions[subscription.subscriber].service, subscription.service})
            raise InvalidDeclaration(
                f"two tables have the subscriber name {subscription.subscriber!r} (services {' and '.join(services)});"
                " rename one, or set POSTROAD['SERVICE']: then the installed applications form one service."
            )
        self.subscriptions[subscription.subscriber] = subscription


def compose(services: Iterable[Service]) -> Postroad:
    """Build the object from services; `expiring` comes from the installed applications."""
    made = Postroad(expiring=_expiring())
    for service in services:
        made.add(service)
    return made


def compose_installed() -> Postroad:
    """Build the object from the services of the installed applications; `postroad.apps` does so once, when Django is ready.

    Raises:
        InvalidDeclaration: A table contradicts itself or another one.
    """
    return compose(installed_services(CoreSettings.current().service))


def _expiring() -> tuple[Expiring, ...]:
    """Return the expiring rows that each application lists in its attribute `postroad_expiring`."""
    paths = [path for config in apps.get_app_configs() for path in getattr(config, "postroad_expiring", ())]
    return tuple(expiring for path in paths for expiring in import_string(path))


def installed() -> Postroad:
    """Return the object of this process."""
    made: Postroad = installation.current()
    return made
