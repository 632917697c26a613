"""The port every way of finding a service implements.  Not: the choice of one instance, which is the transport's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where one instance of a service answers."""

    host: str
    port: int
    is_secure: bool = False

    @property
    def url(self) -> str:
        """The address as a URL without a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.is_secure else 'http'}://{host}:{self.port}"


class Resolver(Protocol):
    """Finds the instances of a service."""

    def resolve(self, service: str) -> Sequence[Endpoint]:
        """Return the current instances, in the order to try.

        Raises:
            ServiceUnknown: No address is configured for it.
            ServiceUnavailable: It has no instance at the moment.
        """
        ...

    def report_failure(self, service: str, endpoint: Endpoint) -> None:
        """Note that an instance could not be reached."""
        ...
