"""Class ↔ wire name and version.

A declaration only attaches a `Description` to the class; nothing is registered by importing.
A `NameRegistry` is filled by the composition root from the handler tables it reads.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from postroad.codecs.sensitive import is_marked
from postroad.codecs.types import Message
from postroad.errors import InvalidDeclaration, UnknownMessageType

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+")
_VERSION = re.compile(r"\d+\.\d+")
_MAX_CHARACTERS = 200  # with a shard before it, it is a routing key, for which AMQP allows 255 bytes
_ATTRIBUTE = "__postroad_description__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The declaration of a message class.

    Attributes:
        name: Stable wire name such as `kitchen.CreateTicket`; never a class path.
        version: `MAJOR.MINOR` of the message type.
        key: Name of the field whose value orders the messages; empty: no order.
    """

    name: str
    version: str = "1.0"
    key: str = ""

    def __post_init__(self) -> None:
        """Refuse names and versions of another form, on which other programs could not rely."""
        if not _NAME.fullmatch(self.name):
            raise InvalidDeclaration(f"message name {self.name!r}: write service.Name, such as 'kitchen.CreateTicket'.")
        if len(self.name) > _MAX_CHARACTERS:
            raise InvalidDeclaration(f"message name {self.name!r}: use at most {_MAX_CHARACTERS} characters.")
        if not _VERSION.fullmatch(self.version):
            raise InvalidDeclaration(f"{self.name}: version {self.version!r} must be MAJOR.MINOR, such as '1.0'.")


def describe(message: type[Message], description: Description) -> None:
    """Attach `description` to the class itself (a subclass does not inherit it).

    Raises:
        InvalidDeclaration: The key is not a field of the class, or is a sensitive field.
    """
    if description.key and description.key not in message.__struct_fields__:
        known = ", ".join(message.__struct_fields__) or "none"
        raise InvalidDeclaration(f"{description.name}: key {description.key!r} is not a field of it; fields: {known}.")
    if description.key and is_marked(message, description.key):
        raise InvalidDeclaration(
            f"{description.name}: key {description.key!r} is Sensitive, but keys are shown in headers, tables and on pages;"
            " use an id as the key."
        )
    setattr(message, _ATTRIBUTE, (message, description))


def description_of(message: type[Message]) -> Description:
    """Return the declaration of a class.

    Raises:
        InvalidDeclaration: The class has no declaration of its own.
    """
    owner, description = getattr(message, _ATTRIBUTE, (None, None))
    if owner is not message or not isinstance(description, Description):
        raise InvalidDeclaration(
            f"{message.__qualname__} is not declared as a message: put @command, @event or @reply on it."
        )
    return description


def declared_classes() -> Iterator[type[Message]]:
    """Return every class of this process that was declared as a message."""
    waiting = list(Message.__subclasses__())
    while waiting:
        message = waiting.pop()
        waiting += message.__subclasses__()
        owner, description = getattr(message, _ATTRIBUTE, (None, None))
        if owner is message and isinstance(description, Description):
            yield message


def classes_of(name: str) -> list[type[Message]]:
    """Return all classes of this process that were declared with a wire name, for showing messages; there may be several."""
    return [message for message in declared_classes() if description_of(message).name == name]


def key_of(message: Message) -> str:
    """Return the partition key of a message as text; empty if its type has none, or its field is None."""
    field = description_of(type(message)).key
    return key_text(getattr(message, field)) if field else ""


def key_text(value: object) -> str:
    """Return the value of a key's field as text; empty for None."""
    return "" if value is None else str(value)


class NameRegistry:
    """Wire name → class, for the messages that one process handles."""

    def __init__(self, classes: Iterable[type[Message]] = ()) -> None:
        self._classes: dict[str, type[Message]] = {}
        for message in classes:
            self.add(message)

    def add(self, message: type[Message]) -> None:
        """Add a class; adding the same class again has no effect.

        Raises:
            InvalidDeclaration: Another class has the same wire name.
        """
        name = description_of(message).name
        known = self._classes.setdefault(name, message)
        if known is not message:
            raise InvalidDeclaration(f"{name} is declared twice: {_path(known)} and {_path(message)}; rename one.")

    def __contains__(self, name: str) -> bool:
        return name in self._classes

    def find(self, name: str) -> type[Message]:
        """Return the class of a wire name.

        Raises:
            UnknownMessageType: No class of that name is handled here.
        """
        try:
            return self._classes[name]
        except KeyError:
            raise UnknownMessageType(f"message type {name!r} is not known here; known: {self._known()}.") from None

    def _known(self) -> str:
        return ", ".join(sorted(self._classes)) or "none"


def _path(message: type[Any]) -> str:
    return f"{message.__module__}.{message.__qualname__}"
