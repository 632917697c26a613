"""Reads the tables in the `handlers.py` of the installed applications, and merges those of one service.

A `handlers` module has any of

    COMMANDS  = CommandHandlers(…)
    EVENTS    = EventHandlers(…)
    SAGAS     = Saga(…)
    SNAPSHOTS = Snapshots(…)

or a tuple of them, or None.  With the setting SERVICE all installed applications make one service of that name;
without it each application is a service, named by its label.  See also: `composition`, which puts services together.
"""

import importlib.util
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Any

from django.apps import AppConfig, apps

from postroad.codecs.types import Message
from postroad.commands.handlers import CommandHandlers
from postroad.errors import InvalidDeclaration
from postroad.events.handlers import EventHandlers
from postroad.events.snapshots import Snapshots
from postroad.handling import name_of
from postroad.messaging.channels import EventChannel
from postroad.sagas.definition import Saga

TABLES: Mapping[str, type] = {
    "COMMANDS": CommandHandlers,
    "EVENTS": EventHandlers,
    "SAGAS": Saga,
    "SNAPSHOTS": Snapshots,
}
"""Name in a `handlers` module → type of its tables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service's tables of handlers.

    Attributes:
        name: The service's name, the first part of its channels' names.
        commands: One for each channel.
        publishes: Its own event channels; their exchanges are declared before there is a subscriber.
    """

    name: str
    commands: tuple[CommandHandlers, ...] = ()
    events: tuple[EventHandlers, ...] = ()
    sagas: tuple[Saga, ...] = ()
    snapshots: tuple[Snapshots, ...] = ()
    publishes: tuple[EventChannel, ...] = ()

    @property
    def is_subscribed(self) -> bool:
        """Whether messages are delivered to it; a service that only publishes has no queues."""
        return bool(self.commands or self.events or self.sagas or self.snapshots)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppTables:
    """The declarations of one application.

    Attributes:
        app: Its name in INSTALLED_APPS, which errors show.
        label: Its label.
        tables: `COMMANDS`, … → the tables.
        publishes: The event channels of its `messages` module.
    """

    app: str
    label: str
    tables: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    publishes: tuple[EventChannel, ...] = ()


def installed_services(service: str) -> list[Service]:
    """Return the services of the installed applications: the one of that name, or with "" one for each application.

    Raises:
        InvalidDeclaration: A table has the wrong type, or contradicts another one; the text names both applications.
    """
    found = [read for config in apps.get_app_configs() if (read := _read(config)) is not None]
    if service:
        return [merge(service, found)] if found else []
    return [merge(one.label, [one]) for one in found]


def merge(name: str, applications: Iterable[AppTables]) -> Service:
    """Return the service that some applications form together.

    Raises:
        InvalidDeclaration: Two handle the same command, or declare the same saga, subscriber or snapshots.
    """
    parts = list(applications)
    return Service(
        name=name,
        commands=_merge_commands(_listed("COMMANDS", parts)),
        events=_distinct(_listed("EVENTS", parts), key=lambda table: table.subscriber, what="the subscriber"),
        sagas=_distinct(
            _listed("SAGAS", parts),
            key=lambda saga: f"{saga.name} version {saga.version}",
            what="the saga",
        ),
        snapshots=_distinct(
            _listed("SNAPSHOTS", parts), key=lambda table: table.of.name, what="snapshots of the channel"
        ),
        publishes=tuple(dict.fromkeys(channel for part in parts for channel in part.publishes)),
    )


def handlers_module(app: str) -> ModuleType | None:
    """Return the `handlers` module of an application, imported."""
    name = f"{app}.handlers"
    return None if importlib.util.find_spec(name) is None else import_module(name)


def _listed(kind: str, parts: Iterable[AppTables]) -> list[tuple[str, Any]]:
    return [(part.app, table) for part in parts for table in part.tables.get(kind, ())]


def _merge_commands(listed: list[tuple[str, CommandHandlers]]) -> tuple[CommandHandlers, ...]:
    """Return one table for each channel."""
    first: dict[str, tuple[str, CommandHandlers]] = {}
    owners: dict[type[Message], tuple[str, Callable[..., Any]]] = {}
    for app, table in listed:
        known_app, known = first.setdefault(table.channel.name, (app, table))
        if known.channel != table.channel:
            raise InvalidDeclaration(
                f"the channel {table.channel.name!r} has {known.channel.shards} shards in {known_app} and"
                f" {table.channel.shards} in {app}; declare it once and import it."
            )
        for message, handler in table.handlers.items():
            if message in owners:
                other_app, other = owners[message]
                raise InvalidDeclaration(
                    f"two functions handle the command {message.__qualname__}: {name_of(other)} (COMMANDS of"
                    f" {other_app}) and {name_of(handler)} (COMMANDS of {app}); keep one of them."
                )
            owners[message] = (app, handler)
    return tuple(_merged(known, [table for _, table in listed]) for _, known in first.values())


def _merged(known: CommandHandlers, tables: Iterable[CommandHandlers]) -> CommandHandlers:
    same = [table for table in tables if table.channel == known.channel]
    if len(same) == 1:
        return known
    handlers = {message: handler for table in same for message, handler in table.handlers.items()}
    locks = {message: lock for table in same for message, lock in table.locks.items()}
    return CommandHandlers(known.channel, handlers, locks=locks)


def _distinct(listed: list[tuple[str, Any]], *, key: Callable[[Any], Hashable], what: str) -> tuple[Any, ...]:
    owners: dict[Hashable, str] = {}
    for app, table in listed:
        name = key(table)
        if name in owners:
            raise InvalidDeclaration(
                f"{what} {name} is declared twice: in {owners[name]} and in {app}; rename or remove one."
            )
        owners[name] = app
    return tuple(table for _, table in listed)


def _read(config: AppConfig) -> AppTables | None:
    """Return the declarations of an application; None if it has neither tables nor event channels."""
    module = handlers_module(config.name)
    tables = {} if module is None else {kind: found for kind in TABLES if (found := _tables_of(module, kind))}
    publishes = _published(config.name, is_service=bool(tables))
    if not tables and not publishes:
        return None
    return AppTables(app=config.name, label=config.label, tables=tables, publishes=publishes)


def _tables_of(module: ModuleType, kind: str) -> tuple[Any, ...]:
    value, expected = getattr(module, kind, None), TABLES[kind]
    if value is None:
        return ()
    tables = (value,) if isinstance(value, expected) else value
    if not isinstance(tables, tuple):
        raise InvalidDeclaration(
            f"{module.__name__}: {kind} is of type {type(value).__name__};"
            f" write {expected.__name__}(…), or a tuple of them, or None."
        )
    for table in tables:
        if not isinstance(table, expected):
            raise InvalidDeclaration(
                f"{module.__name__}: {kind} has an entry of type {type(table).__name__}; write {expected.__name__}(…)."
            )
    return tables


def _published(app: str, *, is_service: bool) -> tuple[EventChannel, ...]:
    """Return the event channels in an application's `messages` module."""
    name = f"{app}.messages"
    spec = importlib.util.find_spec(name)
    if spec is None or not (is_service or _mentions_us(spec)):
        return ()
    return tuple(value for value in vars(import_module(name)).values() if isinstance(value, EventChannel))


def _mentions_us(spec: Any) -> bool:
    """Whether a module may declare channels: others of that name, such as `wagtail.admin.messages`, are not imported."""
    source = spec.loader.get_source(spec.name) if hasattr(spec.loader, "get_source") else None
    is_package = spec.submodule_search_locations is not None
    return source is not None and (is_package or "postroad" in source)
