"""The sagas that this process orchestrates, by name and version.

The catalog is a field of the `Postroad` object.  An instance needs the definition with which it started, so a service lists
an older version beside the newer one until the last instance of the older one has ended.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from postroad import installation
from postroad.errors import InvalidDeclaration, MisconfiguredError
from postroad.messaging.channels import ReplyChannel
from postroad.sagas.definition import Saga


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A saga and the channel on which its service reads replies."""

    saga: Saga
    replies: ReplyChannel


class SagaCatalog:
    """The sagas of a process."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._entries: dict[tuple[str, int], Entry] = {}
        for entry in entries:
            self.add(entry)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def add(self, entry: Entry) -> None:
        """List a saga.

        Raises:
            InvalidDeclaration: Another saga has the same name and version.
        """
        name = (entry.saga.name, entry.saga.version)
        known = self._entries.setdefault(name, entry)
        if known is not entry:
            services = sorted({known.replies.service, entry.replies.service})
            raise InvalidDeclaration(
                f"saga {name[0]} version {name[1]} is listed twice, by {' and '.join(services)}; rename or remove one."
            )

    def find(self, name: str, version: int) -> Entry:
        """Return a saga of this process.

        Raises:
            MisconfiguredError: No installed service lists it in SAGAS; the text has those that are listed.
        """
        try:
            return self._entries[name, version]
        except KeyError:
            known = ", ".join(f"{known} {number}" for known, number in sorted(self._entries)) or "none"
            raise MisconfiguredError(
                f"saga {name} version {version} is not listed in SAGAS of a handlers.py here; known: {known}."
            ) from None


def installed() -> SagaCatalog:
    """Return the sagas of this process."""
    found: SagaCatalog = installation.current().sagas
    return found
