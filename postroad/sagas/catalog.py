"""Which sagas this process orchestrates, by name and version.  Not: their instances.

Filled once by the composition root; an instance finds the definition it started with, so a service lists an older
version beside the newer one until its last instance has ended.
"""

from dataclasses import dataclass

from postroad.errors import InvalidDeclaration, MisconfiguredError
from postroad.messaging.channels import ReplyChannel
from postroad.sagas.definition import Saga


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A saga and the channel on which its service reads replies."""

    saga: Saga
    replies: ReplyChannel


_entries: dict[tuple[str, int], Entry] = {}


def install(entries: list[Entry]) -> None:
    """Replace the catalog.

    Raises:
        InvalidDeclaration: Two sagas have the same name and version.
    """
    fresh: dict[tuple[str, int], Entry] = {}
    for entry in entries:
        name = (entry.saga.name, entry.saga.version)
        if name in fresh:
            raise InvalidDeclaration(f"saga {name[0]} version {name[1]} is listed twice.")
        fresh[name] = entry
    _entries.clear()
    _entries.update(fresh)


def find(name: str, version: int) -> Entry:
    """Return a saga of this process.

    Raises:
        MisconfiguredError: It is not listed in any installed service's SAGAS; the text lists what is.
    """
    try:
        return _entries[name, version]
    except KeyError:
        known = ", ".join(f"{known} {number}" for known, number in sorted(_entries)) or "none"
        raise MisconfiguredError(
            f"saga {name} version {version} is not listed in SAGAS of a handlers.py here; known: {known}."
        ) from None
