"""Discovery by DNS with client-side balancing: all addresses of a name in turn, as of Kubernetes' headless Services.

gRPC needs it: the platform balances connections, and a gRPC connection lasts for hours; so the calls are balanced here.
"""

import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from typing_extensions import override

from postroad.calls.discovery.resolver import Endpoint, Resolver
from postroad.calls.discovery.rotation import Rotation
from postroad.calls.discovery.template import AddressTemplate
from postroad.errors import ServiceUnavailable
from postroad.logs import logger

log = logger(__name__)

LookUp = Callable[[str, int], Sequence[str]]


def look_up(host: str, port: int) -> Sequence[str]:
    """Return all IPv4 and IPv6 addresses of a name.  Raises OSError when DNS has none, or does not answer."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, slots=True)
class _Answer:
    endpoints: Sequence[Endpoint]
    until: float


class HeadlessResolver(Resolver):
    """Looks up names, keeps an answer for `ttl_seconds`, and uses the last one if DNS fails.

    Concurrency: two threads may look up the same name at once; the later answer is kept.
    """

    def __init__(
        self,
        template: AddressTemplate,
        *,
        ttl_seconds: float,
        look_up: LookUp = look_up,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._template, self._ttl_seconds = template, ttl_seconds
        self._look_up, self._clock = look_up, clock
        self._rotation = Rotation(clock=clock)
        self._answers: dict[str, _Answer] = {}

    @override
    def resolve(self, service: str) -> Sequence[Endpoint]:
        answer = self._answers.get(service)
        if answer is None or answer.until <= self._clock():
            answer = self._answers[service] = self._ask(service, answer)
        return self._rotation.order(service, answer.endpoints)

    @override
    def report_failure(self, service: str, endpoint: Endpoint) -> None:
        self._rotation.report_failure(endpoint)

    def _ask(self, service: str, last: _Answer | None) -> _Answer:
        named = self._template.endpoint(service)
        until = self._clock() + self._ttl_seconds
        try:
            addresses = self._look_up(named.host, named.port)
        except (OSError, UnicodeError) as error:
            if last is None:
                raise ServiceUnavailable(
                    f"DNS has no address of {service!r} ({named.host}: {error});"
                    " is it running, and is POSTROAD['DNS_TEMPLATE'] right?"
                ) from error
            log.warning("DNS does not answer; the last addresses stay in use", extra={"called": service})
            return _Answer(last.endpoints, until)
        return _Answer([replace(named, host=address) for address in addresses], until)
