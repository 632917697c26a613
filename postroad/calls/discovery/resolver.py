"""The port of service discovery, which each kind of discovery implements."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """The address of one instance of a service."""

    host: str
    port: int
    is_secure: bool = False

    @classmethod
    def at(cls, url: str) -> "Endpoint":
        """Return the endpoint of a checked URL such as `http://host:port`; the port may be missing."""
        parts = urlsplit(url)
        is_secure = parts.scheme == "https"
        return cls(host=parts.hostname or "", port=parts.port or (443 if is_secure else 80), is_secure=is_secure)

    @property
    def url(self) -> str:
        """The address as a URL without a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.is_secure else 'http'}://{host}:{self.port}"


class Resolver(Protocol):
    """Finds the instances of a service.

    Concurrency: one object serves all threads of a process.
    """

    def resolve(self, service: str) -> Sequence[Endpoint]:
        """Return the current instances, at least one, in the order to try.

        Raises:
            ServiceUnknown: No address is configured for it.
            ServiceUnavailable: It has no instance at the moment.
        """
        ...

    def report_failure(self, service: str, endpoint: Endpoint) -> None:
        """Note that an instance could not be reached: it is tried last for a while."""
        ...
