"""Discovery by a service registry: the client keeps a copy of its instances and distributes calls over them.

Source: "Client-side discovery", Microservices Patterns, ch. 3.
"""

import threading
import time
from collections.abc import Callable, Sequence

from typing_extensions import override

from postroad.calls.discovery.directory import Directory
from postroad.calls.discovery.eureka.instance import Instance
from postroad.calls.discovery.registry_client import RegistryClient
from postroad.calls.discovery.resolver import Endpoint, Resolver
from postroad.calls.discovery.rotation import Rotation
from postroad.errors import ServiceUnavailable
from postroad.logs import logger
from postroad.retry import Backoff

log = logger(__name__)


class RegistryResolver(Resolver):
    """Fetches all instances at first use, then the changes in a thread; uses its copy while the registry does not answer.

    Concurrency: a child that was forked after the first use starts its own thread at its next use.
    """

    def __init__(
        self,
        client: RegistryClient,
        *,
        fetch_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._fetch_seconds, self._clock = client, fetch_seconds, clock
        self._backoff = Backoff(first_seconds=min(1.0, fetch_seconds), ceiling_seconds=fetch_seconds)
        self._directory, self._rotation = Directory(), Rotation(clock=clock)
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None
        self._is_filled = False
        self._failures = 0

    @override
    def resolve(self, service: str) -> Sequence[Endpoint]:
        self._ensure_running()
        instances = self._directory.find(service, now=self._clock())
        if not instances:
            known = ", ".join(self._directory.names()) or "none"
            raise ServiceUnavailable(
                f"no instance of {service!r} is UP in the service registry (POSTROAD['REGISTRY_URL']);"
                f" it knows: {known}."
            )
        return self._rotation.order(service, [_endpoint(instance) for instance in instances])

    @override
    def report_failure(self, service: str, endpoint: Endpoint) -> None:
        self._rotation.report_failure(endpoint)

    def refresh(self) -> float:
        """Fetch the changes, or all instances if changes do not suffice; return the seconds until the next call.

        Raises nothing if the registry does not answer: the copy stays in use.
        """
        try:
            if not self._is_filled or not self._directory.merge(self._client.changed()):
                self._directory.replace(self._client.everything(), now=self._clock())
                self._is_filled = True
        except ServiceUnavailable as error:
            self._failures += 1
            log.warning("service registry does not answer; the last answer stays in use", extra={"error": str(error)})
            return self._backoff.delay(self._failures)
        self._failures = 0
        return self._fetch_seconds

    def close(self) -> None:
        """Stop the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._client.close()

    def _ensure_running(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return
            delay = self.refresh()
            self._thread = threading.Thread(target=self._run, args=(delay,), name="postroad-discovery", daemon=True)
            self._thread.start()

    def _run(self, delay: float) -> None:
        while not self._stop.wait(delay):
            delay = self.refresh()


def _endpoint(instance: Instance) -> Endpoint:
    is_secure = instance.secure_port.is_enabled and not instance.port.is_enabled
    port = instance.secure_port if is_secure else instance.port
    return Endpoint(host=instance.host, port=port.number, is_secure=is_secure)
