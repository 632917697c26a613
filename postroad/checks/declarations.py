"""System checks of handler tables that are not read, and of applications, channels and commands that are missing."""

import ast
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_
from pathlib import Path
from types import ModuleType
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name for it

from postroad.codecs.names import declared_classes, description_of
from postroad.codecs.types import Message
from postroad.commands.messages import CommandDescription
from postroad.composition import installed
from postroad.conf import CoreSettings
from postroad.events.messages import EventDescription
from postroad.messaging.channels import CommandChannel, EventChannel
from postroad.tables import TABLES, handlers_module

_TYPES = reduce(or_, TABLES.values())
_INSTALLED_BY_PIP = {"site-packages", "dist-packages"}


def check_tables(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Report tables in a `handlers` module with a name that Postroad does not read, such as `COMMAND`."""
    modules = [module for config in apps.get_app_configs() if (module := handlers_module(config.name)) is not None]
    return [problem for module in modules for problem in _unread(module)]


def check_messages(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Report commands of installed services without a handler, and events whose channel is not in a `messages` module."""
    parts = installed()
    exchanges = {exchange.name for exchange in parts.topology.exchanges}
    handled = {description_of(message).name for table in parts.commands for message in table.handlers}
    found: dict[str, CheckMessage] = {}
    for config, message in _declared_messages():
        description = description_of(message)
        match description:
            case CommandDescription(channel=channel) if _owner(channel) in parts.services:
                if description.name not in handled:
                    found[description.name] = _unhandled(description, config)
            case EventDescription(channel=channel) if _owner(channel) in parts.services:
                if channel.name not in exchanges:
                    found[description.name] = _undeclared(description, message, config)
            case _:
                pass
    return list(found.values())


def check_applications(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """Report applications with tables of handlers that are not in INSTALLED_APPS, in the folders of installed ones."""
    installed = {Path(config.path).resolve() for config in apps.get_app_configs()}
    return [
        Warning(
            f"{path} has tables of message handlers, but its application is not in INSTALLED_APPS: no process handles its"
            " messages.",
            hint=f"Add {_module_name(path.parent, installed)!r} to INSTALLED_APPS, or remove the tables.",
            id="postroad.W013",
        )
        for path in sorted({path for folder in _folders(installed) for path in folder.glob("*/handlers.py")})
        if path.parent not in installed and _has_our_tables(path)
    ]


def _unread(module: ModuleType) -> Iterator[CheckMessage]:
    read = {id(table) for name in TABLES for table in _entries(getattr(module, name, None))}
    for name, value in vars(module).items():
        tables = [table for table in _entries(value) if isinstance(table, _TYPES)]
        if name in TABLES or not tables or all(id(table) in read for table in tables):
            continue
        right = next(kind for kind, expected in TABLES.items() if isinstance(tables[0], expected))
        yield Error(
            f"{module.__name__}.{name} is a table of handlers whose name is not read: its messages are not handled.",
            hint=f"Call it {right}; put several tables into one tuple: {right} = (…, …).",
            id="postroad.E012",
        )


def _entries(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def _declared_messages() -> Iterator[tuple[AppConfig, type[Message]]]:
    """Return the declared messages in modules of installed applications, with their application."""
    for message in declared_classes():
        config = apps.get_containing_app_config(message.__module__)
        if config is not None:
            yield config, message


def _owner(channel: CommandChannel | EventChannel) -> str:
    return channel.name.partition(".")[0]


def _unhandled(description: CommandDescription, config: AppConfig) -> CheckMessage:
    return Warning(
        f"the command {description.name} goes to channel {description.channel.name!r} of this service, and no COMMANDS"
        " table handles it: it would be rejected, or stay in its queue if the channel has no table.",
        hint=f"Add it to COMMANDS in {config.name}.handlers, or remove it.",
        id="postroad.W014",
    )


def _undeclared(description: EventDescription, message: type[Message], config: AppConfig) -> CheckMessage:
    return Warning(
        f"the event {description.name} of {message.__module__} is published on {description.channel.name!r}, a channel"
        " that no application declares: publishing it fails until the first subscriber has started.",
        hint=f"Import the channel in {config.name}.messages.",
        id="postroad.W015",
    )


def _folders(installed: set[Path]) -> set[Path]:
    """Return the folders in which applications of this project may be."""
    folders = {path.parent for path in installed if not _INSTALLED_BY_PIP & set(path.parts)}
    base = getattr(django_settings, "BASE_DIR", None)
    return folders | ({Path(base).resolve()} if base else set())


def _module_name(folder: Path, installed: set[Path]) -> str:
    """Return the name of a folder for INSTALLED_APPS, in the form of the installed applications beside it."""
    for config in apps.get_app_configs():
        path, parent = Path(config.path).resolve(), config.name.rpartition(".")[0]
        if path.parent == folder.parent and parent:
            return f"{parent}.{folder.name}"
    return folder.name


def _has_our_tables(path: Path) -> bool:
    """Whether a file that is not imported assigns tables for this service, or for any service if SERVICE is empty."""
    try:
        tree = ast.parse(path.read_text())
    except (OSError, ValueError, SyntaxError):
        return False
    names = {target.id for node in tree.body for target in _targets(node) if isinstance(target, ast.Name)}
    if not names & set(TABLES) or "postroad" not in path.read_text():
        return False
    service = CoreSettings.current().service
    return not service or any(_is_of(service, file) for file in (path, path.with_name("messages.py")))


def _targets(node: ast.stmt) -> Sequence[ast.expr]:
    match node:
        case ast.Assign(targets=targets):
            return targets
        case ast.AnnAssign(target=target):
            return [target]
        case _:
            return []


def _is_of(service: str, path: Path) -> bool:
    """Whether a file names a channel or a subscriber of a service."""
    try:
        nodes = ast.walk(ast.parse(path.read_text()))
    except (OSError, ValueError, SyntaxError):
        return False
    texts = (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return any(text == service or text.startswith(f"{service}.") for text in texts)
